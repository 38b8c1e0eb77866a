/** What of a block's outcomes goes to blobs (DESIGN.md, «Large values»). */
import type { BlockInput, ItemOutcome } from '../src/domain/block';
import { getPath, type Json } from '../src/domain/json';
import { putElements, type PutBlob } from '../src/blobs/elements';

/** An output above it is a blob of its own, as soon as it is there: a heartbeat holds all outcomes of its block. */
const MAX_VALUE_BYTES = 32_000;

/** An output as JSON: a text, or its bytes in UTF-8. */
export type JsonBody = string | Buffer;

/** Whether an output is to be a blob of its own. */
export function isLarge(text: JsonBody): boolean {
  // No character takes more than three bytes for each of its units.
  return text.length > MAX_VALUE_BYTES / 3 && Buffer.byteLength(text) > MAX_VALUE_BYTES;
}

/**
 * Stores an item's output, which is large.
 *
 * @param text the output
 */
export async function putOutput(
  text: JsonBody,
  position: number,
  elementsOf: BlockInput['elementsOf'],
  put: PutBlob,
): Promise<ItemOutcome> {
  const blob = await put(String(position), text);
  if (elementsOf === undefined) return { blob };
  const value = JSON.parse(text.toString()) as Json;
  const elements = await Promise.all(
    elementsOf.map(async (path, number) => {
      return { path, chunks: await putElements(getPath(value, path), `${String(position)}-${String(number)}`, put) };
    }),
  );
  return { blob, elements };
}
