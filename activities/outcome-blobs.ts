/** What of a block's outcomes goes to blobs (DESIGN.md, «Large values»). */
import type { BlobRef } from '../src/domain/blob';
import type { BlockInput, ItemOutcome } from '../src/domain/block';
import { getPath, isJsonArray, type Json } from '../src/domain/json';
import type { StoredElements } from '../src/domain/stored';
import { toLine } from '../src/blobs/entries';

/** An output above it is a blob of its own, as soon as it is there: a heartbeat holds all outcomes of its block. */
const MAX_VALUE_BYTES = 32_000;
/** Of the elements of an array that one blob holds; a block reads no more than it needs. */
const MAX_ELEMENTS = 1_000;
const MAX_ELEMENTS_BYTES = 1_000_000;

/** @param name unique within the block */
export type PutBlob = (name: string, body: string) => Promise<BlobRef>;

/** Whether an output, as JSON, is to be a blob of its own. */
export function isLarge(text: string): boolean {
  // No character takes more than three bytes for each of its units.
  return text.length > MAX_VALUE_BYTES / 3 && Buffer.byteLength(text) > MAX_VALUE_BYTES;
}

/**
 * Stores an item's output, which is large.
 *
 * @param text the output as JSON
 */
export async function putOutput(
  text: string,
  position: number,
  elementsOf: BlockInput['elementsOf'],
  put: PutBlob,
): Promise<ItemOutcome> {
  const blob = await put(String(position), text);
  if (elementsOf === undefined) return { blob };
  const value = JSON.parse(text) as Json;
  const elements = await Promise.all(
    elementsOf.map(async (path, number): Promise<StoredElements> => {
      return { path, chunks: await putElements(getPath(value, path), `${String(position)}-${String(number)}`, put) };
    }),
  );
  return { blob, elements };
}

async function putElements(value: Json | undefined, name: string, put: PutBlob): Promise<[BlobRef, number][]> {
  const chunks: [BlobRef, number][] = [];
  let lines: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    chunks.push([await put(`${name}-${String(chunks.length)}`, toBody(lines)), lines.length]);
    lines = [];
    bytes = 0;
  };
  for (const element of isJsonArray(value) ? value : []) {
    const line = toLine({ result: element });
    if (lines.length >= MAX_ELEMENTS || bytes + line.length > MAX_ELEMENTS_BYTES) await flush();
    lines.push(line);
    bytes += line.length;
  }
  await flush();
  return chunks;
}

function toBody(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
