/**
 * How the tasks of one node have ended, by 0-based index. One number for each task says what has become of it and where
 * its outcome is, so that a batch of millions whose outcomes lie in blobs costs four bytes an item.
 */
import type { BlobRef } from './blob';
import { isFailure, type ItemOutcome } from './block';
import { fromRuns, toRuns, type IndexRuns } from './index-runs';
import { StoredLine } from './stored';
import type { Json } from './json';
import { addInline, type OpenRun, type OutcomeRun } from './outcome-runs';
import { firstLines, isSmall, type BlobLimits, type OldestBlobs, type StoredBlock } from './stored-block';

const NONE = 0;
/** Not run, since the item that it waits for has failed. */
const SKIPPED = 1;
const INLINE_FAILED = 2;
const INLINE = 3;
/** And more: the place of a blob among those of the node; the same below zero where the task has failed. */
const STORED = 4;

/** As JSON: what a run of the job's workflow hands to the next. */
export interface OutcomesSnapshot {
  readonly skipped: IndexRuns;
  readonly inline: readonly (readonly [index: number, outcome: ItemOutcome])[];
  readonly stored: readonly (readonly [
    blob: BlobRef,
    items: IndexRuns,
    failed: IndexRuns,
    dropped?: IndexRuns,
    largest?: number,
  ])[];
}

export class Outcomes {
  private readonly places: Int32Array;
  private readonly inline = new Map<number, ItemOutcome>();
  /** By their places; those whose lines are all in others by now are gone. */
  private readonly blocks: (StoredBlock | undefined)[] = [];
  private named = 0;

  constructor(private readonly width: number) {
    this.places = new Int32Array(width);
  }

  /** Whether the task has ended, however. */
  has(index: number): boolean {
    return this.place(index) !== NONE;
  }

  hasSucceeded(index: number): boolean {
    return this.place(index) >= INLINE;
  }

  /** How the task has ended; undefined where it has not. */
  statusAt(index: number): 'succeed' | 'failed' | 'skipped' | undefined {
    const place = this.place(index);
    if (place === NONE) return undefined;
    if (place === SKIPPED) return 'skipped';
    return place >= INLINE ? 'succeed' : 'failed';
  }

  skip(index: number): void {
    this.places[index] = SKIPPED;
  }

  set(index: number, outcome: ItemOutcome): void {
    this.places[index] = isFailure(outcome) ? INLINE_FAILED : INLINE;
    this.inline.set(index, outcome);
  }

  /** The same of many: an outcome for each of the first items, none of which is a failure. */
  setAll(items: readonly number[], outcomes: readonly ItemOutcome[]): void {
    outcomes.forEach((outcome, position) => {
      const index = items[position];
      if (index === undefined) return;
      this.places[index] = INLINE;
      this.inline.set(index, outcome);
    });
  }

  /**
   * @param items 0-based indexes in ascending order, one for each line of the blob
   * @param ended those whose outcome it is: the others run again
   * @param largest the largest output among them in bytes; undefined where one is a blob of its own
   */
  store(
    blob: BlobRef,
    items: readonly number[],
    ended: { succeeded: readonly number[]; failed: readonly number[] },
    largest?: number,
  ): void {
    const place = STORED + this.blocks.length;
    const whole = largest === undefined ? undefined : { lines: items.length, largest };
    const runs = toRuns(items);
    this.blocks.push({ blob, items: runs, lines: firstLines(runs), whole });
    this.named++;
    for (const index of ended.succeeded) this.places[index] = place;
    for (const index of ended.failed) this.places[index] = -place;
  }

  /** What the task has answered; undefined where it has not succeeded. */
  valueAt(index: number): Json | StoredLine | undefined {
    if (!this.hasSucceeded(index)) return undefined;
    const outcome = this.inline.get(index);
    if (outcome === undefined) return this.lineOf(index);
    if ('result' in outcome) return outcome.result;
    return 'blob' in outcome ? new StoredLine(outcome.blob) : undefined;
  }

  /** The outcome itself, where it does not lie in the blob of a block. */
  inlineAt(index: number): ItemOutcome | undefined {
    return this.inline.get(index);
  }

  /** Those, by index, in the order in which they came. */
  inlineEntries(): IterableIterator<[number, ItemOutcome]> {
    return this.inline.entries();
  }

  /**
   * Those of `items`, which are in ascending order, lie in a blob now: one a line.
   *
   * @param largest as for `store`
   */
  keep(blob: BlobRef, items: readonly number[], largest?: number): void {
    const failed: number[] = [];
    const succeeded: number[] = [];
    for (const index of items) {
      const place = this.place(index);
      (place >= INLINE ? succeeded : failed).push(index);
      this.inline.delete(index);
      // Whatever was in a blob, all that counts of it is in this one.
      if (Math.abs(place) >= STORED) this.forget(Math.abs(place) - STORED);
    }
    this.store(blob, items, { failed, succeeded }, largest);
  }

  private forget(position: number): void {
    if (this.blocks[position] === undefined) return;
    this.blocks[position] = undefined;
    this.named--;
  }

  /** How many blobs hold outcomes of several tasks. */
  get blobs(): number {
    return this.named;
  }

  /**
   * The tasks whose outcomes are all that counts of the oldest such blobs, those that are small and together no more than
   * `most`.
   *
   * @returns 0-based indexes in ascending order, how many blobs that are, and the largest output in them in bytes: undefined
   *   where one is a blob of its own
   */
  oldest(most: BlobLimits): OldestBlobs {
    const items: number[] = [];
    let [blobs, runs, bytes] = [0, 0, 0];
    let largest: number | undefined = 0;
    for (const [position, block] of this.blocks.entries()) {
      if (block === undefined || !isSmall(block, most)) continue;
      const own = fromRuns(block.items).filter((index) => Math.abs(this.place(index)) === STORED + position);
      // All of its items have run again since.
      if (own.length === 0) {
        this.forget(position);
        continue;
      }
      if (blobs >= most.blobs || items.length + own.length > most.lines) break;
      runs += toRuns(own).length;
      bytes += block.blob.size;
      if (runs > most.runs || bytes > most.bytes) break;
      for (const index of own) items.push(index);
      largest = largest === undefined ? undefined : block.whole && Math.max(largest, block.whole.largest);
      blobs++;
    }
    return { items: items.sort((one, other) => one - other), blobs, largest };
  }

  /** Where the outcomes of `items` lie, which are in ascending order and all that counts of their blobs. */
  runsOf(items: readonly number[]): OutcomeRun[] {
    const runs: OpenRun[] = [];
    for (let position = 0; position < items.length;) {
      const index = items[position] ?? 0;
      position += this.addStored(runs, index, Math.abs(this.place(index)));
    }
    return runs;
  }

  /** What has ended and was not skipped, in index order, in as few runs as can be. */
  runs(): OutcomeRun[] {
    const runs: OpenRun[] = [];
    for (let index = 0; index < this.width;) {
      const place = Math.abs(this.place(index));
      if (place === NONE || place === SKIPPED) {
        index++;
        continue;
      }
      const outcome = this.inline.get(index);
      if (outcome !== undefined) addInline(runs, index++, outcome);
      else index += this.addStored(runs, index, place);
    }
    return runs;
  }

  /**
   * The tasks from `first` on that lie in one blob, line by line.
   *
   * @returns how many
   */
  private addStored(runs: OpenRun[], first: number, place: number): number {
    const { block, line, left } = this.find(first);
    let count = 1;
    // The end of a job waits for all of them at once: nothing is looked up for each. What is inline has a place of its own.
    const { places } = this;
    while (count < left && (places[first + count] === place || places[first + count] === -place)) count++;
    const last = runs.at(-1);
    const follows =
      last !== undefined &&
      'blob' in last &&
      last.blob === block.blob &&
      first === last.first + last.count &&
      line === last.line + last.count;
    if (follows) last.count += count;
    else runs.push({ first, count, blob: block.blob, line, ...(block.whole && { whole: block.whole }) });
    return count;
  }

  snapshot(): OutcomesSnapshot {
    const at = (place: number): number[] => {
      const found: number[] = [];
      this.places.forEach((value, index) => {
        if (value === place) found.push(index);
      });
      return found;
    };
    const failed = this.blocks.map((): number[] => []);
    this.places.forEach((place, index) => {
      if (place <= -STORED) failed[-place - STORED]?.push(index);
    });
    return {
      skipped: toRuns(at(SKIPPED)),
      inline: [...this.inline],
      stored: this.blocks.flatMap((block, position): OutcomesSnapshot['stored'] => {
        if (block === undefined) return [];
        const { blob, items, whole } = block;
        const dropped = fromRuns(items).filter((index) => Math.abs(this.place(index)) !== STORED + position);
        const failures = toRuns(failed[position] ?? []);
        if (whole !== undefined) return [[blob, items, failures, toRuns(dropped), whole.largest]];
        return [
          dropped.length === 0
            ? ([blob, items, failures] as const)
            : ([blob, items, failures, toRuns(dropped)] as const),
        ];
      }),
    };
  }

  static restore(width: number, { skipped, inline, stored }: OutcomesSnapshot): Outcomes {
    const outcomes = new Outcomes(width);
    for (const index of fromRuns(skipped)) outcomes.skip(index);
    for (const [index, outcome] of inline) outcomes.set(index, outcome);
    for (const [blob, items, failedRuns, droppedRuns = [], largest] of stored) {
      const failed = fromRuns(failedRuns);
      const others = new Set([...failed, ...fromRuns(droppedRuns)]);
      const indexes = fromRuns(items);
      outcomes.store(blob, indexes, { failed, succeeded: indexes.filter((index) => !others.has(index)) }, largest);
    }
    return outcomes;
  }

  private place(index: number): number {
    return this.places[index] ?? NONE;
  }

  private lineOf(index: number): StoredLine {
    const { block, line } = this.find(index);
    return new StoredLine(block.blob, line);
  }

  /** Where the outcome of a task is stored, and how many tasks from it on are in the lines that follow, itself included. */
  private find(index: number): { readonly block: StoredBlock; readonly line: number; readonly left: number } {
    const block = this.blocks[Math.abs(this.place(index)) - STORED];
    if (block === undefined) throw new Error(`item ${String(index)} is in no blob`);
    // What was given back once may be a run for each item.
    let [low, high] = [0, block.items.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((block.items[middle]?.[0] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const [first, count] = block.items[low] ?? [0, 0];
    const offset = index - first;
    return { block, line: (block.lines[low] ?? 0) + offset, left: count - offset };
  }
}
