/** The elements of an array as lines of blobs, so that a block of tasks reads no more than it needs of a large one. */
import type { BlobRef } from '../domain/blob';
import { isJsonArray, type Json } from '../domain/json';
import { toLine } from './entries';

/** What one blob holds; their references travel with the job, so that an array of millions is not too many of them. */
const MAX_ELEMENTS = 10_000;
const MAX_ELEMENTS_BYTES = 1_000_000;

/** @param name unique within what is written together */
export type PutBlob = (name: string, body: Buffer | string) => Promise<BlobRef>;

/** @returns the blobs with the numbers of their elements; none for what is no array */
export async function putElements(value: Json | undefined, name: string, put: PutBlob): Promise<[BlobRef, number][]> {
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

/** Lines as a blob. */
export function toBody(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
