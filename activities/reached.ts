/** What the items of a block have come to, while it runs. */
import { isFailure, type BlockOutcome, type ItemFailure, type ItemOutcome } from '../src/domain/block';
import type { Json } from '../src/domain/json';
import { MAX_TASK_ERROR, toText } from '../src/domain/text';
import { toLine } from '../src/blobs/entries';
import type { PutBlob } from '../src/blobs/elements';

/** An output as JSON, or what became of an item otherwise; null while it is in hand. */
type Reached = string | ItemOutcome | null;

/** Outputs stay the texts that they are written as: most are never looked at again before they are stored. */
export class ReachedOutcomes {
  private readonly all: Reached[] = [];

  /** How many items have begun. */
  get begun(): number {
    return this.all.length;
  }

  /** Whether each item that has begun has ended. */
  get areAll(): boolean {
    return !this.all.includes(null);
  }

  /** @returns the position of the item that begins */
  begin(): number {
    return this.all.push(null) - 1;
  }

  /** @param reached an output as JSON, or how the item ended otherwise */
  end(position: number, reached: string | ItemOutcome): void {
    this.all[position] = reached;
  }

  /** For a heartbeat: by position, null for what is in hand. */
  toOutcomes(): (ItemOutcome | null)[] {
    return this.all.map((one) => (one === null ? null : toOutcome(one)));
  }

  /**
   * What has ended, by position, for the job to hold itself.
   *
   * @param most bytes that it may take together: what comes when they are full is left out
   */
  toEnded(most = Infinity): [position: number, outcome: ItemOutcome][] {
    let bytes = 0;
    return this.all.flatMap((one, position): [number, ItemOutcome][] => {
      if (one === null) return [];
      bytes += Buffer.byteLength(lineOf(one));
      return bytes > most ? [] : [[position, toOutcome(one)]];
    });
  }

  /** All as the block's answer, once none is in hand: in one blob where they take more than the job has room for. */
  async toBlockOutcome(
    durationMs: number,
    inlineBytes: number | undefined,
    put: PutBlob | undefined,
  ): Promise<BlockOutcome> {
    const ended = this.all.filter((one) => one !== null);
    if (inlineBytes === undefined) return { outcomes: ended.map(toOutcome), durationMs };
    const { bytes, largest } = measure(ended);
    const [first] = ended;
    // A reference to a reference takes no less room.
    const isReference = ended.length === 1 && typeof first === 'object' && 'blob' in first;
    if (put === undefined || first === undefined || bytes <= inlineBytes || isReference)
      return { outcomes: ended.map(toOutcome), durationMs, bytes };
    const blob = await put('block', `${ended.map(lineOf).join('\n')}\n`);
    const failures = ended.flatMap((one, position): [number, ItemFailure][] => {
      if (typeof one === 'string' || !isFailure(one)) return [];
      return [[position, { ...one, error: toText(one.error, MAX_TASK_ERROR) }]];
    });
    const stored = { blob, count: ended.length, failures, ...(largest !== undefined && { largest }) };
    return { outcomes: [], durationMs, bytes, stored };
  }
}

/** All as a JSON array, and the largest output of them, in bytes: undefined where one is a blob. */
function measure(ended: readonly (string | ItemOutcome)[]): { bytes: number; largest: number | undefined } {
  let [bytes, largest, hasBlob] = [1, 0, false];
  for (const one of ended) {
    const size = Buffer.byteLength(typeof one === 'string' ? one : JSON.stringify(one));
    bytes += size + 1;
    if (typeof one === 'string') {
      bytes += '{"result":}'.length;
      largest = Math.max(largest, size);
    } else if ('blob' in one) hasBlob = true;
  }
  return { bytes, largest: hasBlob ? undefined : largest };
}

function toOutcome(reached: string | ItemOutcome): ItemOutcome {
  return typeof reached === 'string' ? { result: JSON.parse(reached) as Json } : reached;
}

function lineOf(reached: string | ItemOutcome): string {
  return typeof reached === 'string' ? `{"result":${reached}}` : toLine(reached);
}
