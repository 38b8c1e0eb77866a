/** The entries of a result, read from where their outcomes lie, in order and never all at once (contract §5). */
import type { BlobRef } from '../domain/blob';
import type { ItemOutcome } from '../domain/block';
import type { HkubeResults } from '../domain/dialect';
import { batchId, type ResultBody, type ResultEntry } from '../domain/events';
import type { Json } from '../domain/json';
import type { LineRun } from '../domain/keep';
import type { OutcomeRun } from '../domain/outcome-runs';
import { entryHead, type ResultPart } from '../domain/result-parts';
import { readBlob, type BlobStore } from './blobs';

/** One entry as JSON: `<head>,<tail>`, or `<head>,"result":<the blob>}`. */
export interface EntryText {
  /** 0-based, of the task within its node. */
  readonly index: number;
  /** Without its closing brace. */
  readonly head: string;
  /** `"result":…}` or `"error":…}`, or the blob that is the result. */
  readonly tail: string | BlobRef;
}

const RESULT = '"result":';
/** How many entries are made at a time. */
const CHUNK = 1_000;

/** What an entry begins with. */
type MakeHead = (part: ResultPart, index: number) => object;

/** @throws BlobError */
export async function* readEntries(
  part: ResultPart,
  store: BlobStore,
  headOf: MakeHead = entryHead,
): AsyncGenerator<readonly EntryText[]> {
  for (const run of part.runs) {
    let chunk: EntryText[] = [];
    let index = run.first;
    for await (const tail of tailsOf(run, store)) {
      const head = JSON.stringify(headOf(part, index)).slice(0, -1);
      chunk.push({ index, head, tail });
      index++;
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }
}

/** The entry as JSON; undefined where its result is a blob. */
export function entryText({ head, tail }: EntryText): string | undefined {
  return typeof tail === 'string' ? `${head},${tail}` : undefined;
}

/** In bytes, with its result. */
export function entrySize(entry: EntryText): number {
  return (
    Buffer.byteLength(entry.head) +
    1 +
    (typeof entry.tail === 'string' ? Buffer.byteLength(entry.tail) : RESULT.length + entry.tail.size + 1)
  );
}

/** The size of the result alone, in bytes; undefined for an error. */
export function resultSize({ tail }: EntryText): number | undefined {
  if (typeof tail !== 'string') return tail.size;
  return tail.startsWith(RESULT) ? Buffer.byteLength(tail) - RESULT.length - 1 : undefined;
}

/** The result alone, as JSON; nothing for an error. */
export async function* resultText({ tail }: EntryText, store: BlobStore): AsyncGenerator<string | Buffer> {
  if (typeof tail !== 'string') yield* (await store.read(tail)) as AsyncIterable<Buffer>;
  else if (tail.startsWith(RESULT)) yield tail.slice(RESULT.length, -1);
}

/** A JSON array of the entries of some nodes. */
export async function* entriesText(
  parts: readonly ResultPart[],
  store: BlobStore,
  headOf?: MakeHead,
): AsyncGenerator<string | Buffer> {
  let before = '[';
  for (const part of parts) {
    for await (const entries of readEntries(part, store, headOf)) {
      for (const { head, tail } of entries) {
        if (typeof tail === 'string') {
          before += `${head},${tail},`;
          continue;
        }
        yield `${before}${head},${RESULT}`;
        yield* (await store.read(tail)) as AsyncIterable<Buffer>;
        before = '},';
      }
      // What is held back is the comma, which the last entry does not have.
      yield before.slice(0, -1);
      before = before.slice(-1);
    }
  }
  yield before === '[' ? '[]' : ']';
}

/** A result body with all of its data. */
export async function* bodyText(
  { data: _, ...head }: ResultBody | HkubeResults,
  parts: readonly ResultPart[],
  store: BlobStore,
  headOf?: MakeHead,
): AsyncGenerator<string | Buffer> {
  yield `${JSON.stringify(head).slice(0, -1)},"data":`;
  yield* entriesText(parts, store, headOf);
  yield '}';
}

/** How many blobs are on their way at a time: a store far away takes its time for each. */
const AHEAD = 8;

/** The entries as values; all of them are held at once. */
export async function readAll(parts: readonly ResultPart[], store: BlobStore): Promise<ResultEntry[]> {
  const entries: ResultEntry[] = [];
  const runs = parts.flatMap((part) => part.runs.map((run) => ({ part, run })));
  for await (const { of, value } of ahead(runs, AHEAD, ({ run }) => outcomesOf(run, store))) {
    const { nodeName, algorithmName, isBatch } = of.part;
    let index = of.run.first;
    for (const outcome of value) {
      const head = isBatch
        ? { nodeName, batchID: batchId(nodeName, index), algorithmName }
        : { nodeName, algorithmName };
      if ('error' in outcome) entries.push({ ...head, error: outcome.error });
      else entries.push({ ...head, result: 'blob' in outcome ? await readJson(store, outcome.blob) : outcome.result });
      index++;
    }
  }
  return entries;
}

async function outcomesOf(run: OutcomeRun, store: BlobStore): Promise<readonly ItemOutcome[]> {
  if ('outcomes' in run) return run.outcomes;
  const text = (await readBlob(store, run.blob)).toString().trimEnd();
  // No line holds a line feed itself, so all are one list.
  const all = JSON.parse(`[${text.replaceAll('\n', ',')}]`) as ItemOutcome[];
  checkLines(run, all.length);
  return all.length === run.count ? all : all.slice(run.line, run.line + run.count);
}

async function readJson(store: BlobStore, blob: BlobRef): Promise<Json> {
  return JSON.parse((await readBlob(store, blob)).toString()) as Json;
}

/** Reads what is listed, in order and some ahead of what is asked for. */
async function* ahead<Item, Value>(
  items: readonly Item[],
  count: number,
  read: (item: Item) => Promise<Value>,
): AsyncGenerator<{ readonly of: Item; readonly value: Value }> {
  const begin = (item: Item): { of: Item; value: Promise<Value> } => {
    const value = read(item);
    // Told when its turn has come.
    value.catch(() => undefined);
    return { of: item, value };
  };
  const waiting = items.slice(0, count).map(begin);
  for (let next = count; waiting.length > 0; next++) {
    const first = waiting.shift();
    if (first === undefined) return;
    const value = await first.value;
    const item = items[next];
    if (item !== undefined) waiting.push(begin(item));
    yield { of: first.of, value };
  }
}

async function* tailsOf(run: OutcomeRun, store: BlobStore): AsyncGenerator<string | BlobRef> {
  if ('outcomes' in run) {
    for (const outcome of run.outcomes) yield 'blob' in outcome ? outcome.blob : toLine(outcome).slice(1);
    return;
  }
  const lines = await readLines(store, run.blob);
  checkLines(run, lines.length);
  for (const text of lines.slice(run.line, run.line + run.count)) {
    yield text.startsWith('{"blob":') ? (JSON.parse(text) as { blob: BlobRef }).blob : text.slice(1);
  }
}

function checkLines({ blob, line, count }: LineRun, lines: number): void {
  if (lines < line + count) throw new Error(`${blob.key} has too few lines`);
}

/** A blob of lines is never large: an item that is has a blob of its own. */
export async function readLines(store: BlobStore, blob: BlobRef): Promise<string[]> {
  return (await readBlob(store, blob)).toString().trimEnd().split('\n');
}

/**
 * The lines of some blobs, in order; each blob is read once, and all are held at a time.
 *
 * @throws BlobError
 */
export async function gatherLines(store: BlobStore, runs: readonly LineRun[]): Promise<string[]> {
  const known = new Map<string, Promise<string[]>>();
  const read = ({ blob }: LineRun): Promise<string[]> => {
    const lines = known.get(blob.key) ?? readLines(store, blob);
    known.set(blob.key, lines);
    return lines;
  };
  const gathered: string[] = [];
  for await (const { of, value } of ahead(runs, AHEAD, read)) {
    checkLines(of, value.length);
    for (const line of value.slice(of.line, of.line + of.count)) gathered.push(line);
  }
  return gathered;
}

/** An outcome as a line of a blob; what only the engine needs of an error is left out. */
export function toLine(outcome: ItemOutcome): string {
  if ('error' in outcome) return JSON.stringify({ error: outcome.error });
  return JSON.stringify('blob' in outcome ? { blob: outcome.blob } : { result: outcome.result });
}
