/** What of a block's outcomes goes to blobs (DESIGN.md, «Large values»). */
import { isFailure, type BlockInput, type BlockOutcome, type ItemFailure, type ItemOutcome } from '../src/domain/block';
import { getPath, type Json } from '../src/domain/json';
import { MAX_TASK_ERROR, toText } from '../src/domain/text';
import { putElements, toBody, type PutBlob } from '../src/blobs/elements';
import { toLine } from '../src/blobs/entries';

/** An output above it is a blob of its own, as soon as it is there: a heartbeat holds all outcomes of its block. */
const MAX_VALUE_BYTES = 32_000;

/**
 * An item's output as its outcome.
 *
 * @param text the output as JSON
 */
export async function toOutcome(
  text: string,
  position: number,
  elementsOf: BlockInput['elementsOf'],
  put: PutBlob,
): Promise<ItemOutcome> {
  if (Buffer.byteLength(text) <= MAX_VALUE_BYTES) return { result: JSON.parse(text) as Json };
  const blob = await put(String(position), text);
  if (elementsOf === undefined) return { blob };
  const value = JSON.parse(text) as Json;
  const elements = await Promise.all(
    elementsOf.map(async (path, number) => {
      return { path, chunks: await putElements(getPath(value, path), `${String(position)}-${String(number)}`, put) };
    }),
  );
  return { blob, elements };
}

/** All outcomes of a block as its answer: in one blob where they take more than the job has room for. */
export async function toBlockOutcome(
  outcomes: readonly ItemOutcome[],
  durationMs: number,
  inlineBytes: number | undefined,
  put: PutBlob | undefined,
): Promise<BlockOutcome> {
  if (inlineBytes === undefined) return { outcomes, durationMs };
  const bytes = Buffer.byteLength(JSON.stringify(outcomes));
  const [first] = outcomes;
  // A reference to a reference takes no less room.
  const isReference = outcomes.length === 1 && first !== undefined && 'blob' in first;
  if (put === undefined || first === undefined || bytes <= inlineBytes || isReference)
    return { outcomes, durationMs, bytes };
  const blob = await put('block', toBody(outcomes.map(toLine)));
  const failures = outcomes.flatMap((outcome, position): [number, ItemFailure][] => {
    return isFailure(outcome) ? [[position, { ...outcome, error: toText(outcome.error, MAX_TASK_ERROR) }]] : [];
  });
  return { outcomes: [], durationMs, bytes, stored: { blob, count: outcomes.length, failures } };
}
