/** Values that lie in blobs, and how they travel to the activities that read them (DESIGN.md, «Large values»). */
import type { BlobRef } from './blob';
import type { IndexRuns } from './index-runs';
import type { Json } from './json';

/** Where a value lies: a line of a blob, whose lines are outcomes; or a blob that is the value. */
export class StoredLine {
  /** @param line 0-based; absent where the blob is the value itself */
  constructor(
    readonly blob: BlobRef,
    readonly line?: number,
  ) {}
}

/** The elements of an array that an item has answered, as lines of one blob after the other. */
export interface StoredElements {
  /** Where the array is in what was answered. */
  readonly path: readonly string[];
  readonly chunks: readonly (readonly [blob: BlobRef, count: number])[];
}

/** A flow input that is too large for a history. */
export interface StoredFlowInput {
  /** The whole as JSON. */
  readonly blob: BlobRef;
  /** The arrays in it that nodes read by element. */
  readonly elements: readonly StoredElements[];
}

/** How many elements there are; no array has none. */
export function lengthOf(stored: readonly StoredElements[], path: readonly string[]): number {
  return findElements(stored, path)?.chunks.reduce((sum, [, count]) => sum + count, 0) ?? 0;
}

export function findElements(stored: readonly StoredElements[], path: readonly string[]): StoredElements | undefined {
  return stored.find((one) => one.path.join('.') === path.join('.'));
}

/** Values in a row: themselves, the lines of a blob, or one that is a blob. */
export type Part =
  | { readonly values: readonly Json[] }
  | { readonly blob: BlobRef; readonly lines: IndexRuns }
  | { readonly blob: BlobRef };

/** Whether none of the values lies in a blob. */
export function areAtHand(values: readonly (Json | StoredLine)[]): values is readonly Json[] {
  return values.every((value) => !(value instanceof StoredLine));
}

/** @returns the values in as few parts as can be; null where there is none */
export function toParts(values: readonly (Json | StoredLine | undefined)[]): Part[] {
  const parts: Part[] = [];
  let open: { values: Json[] } | { blob: BlobRef; lines: [number, number][] } | undefined;
  for (const value of values) {
    if (!(value instanceof StoredLine)) {
      if (open !== undefined && 'values' in open) open.values.push(value ?? null);
      else parts.push((open = { values: [value ?? null] }));
    } else if (value.line === undefined) {
      parts.push({ blob: value.blob });
      open = undefined;
    } else if (open !== undefined && 'lines' in open && open.blob.key === value.blob.key) {
      const run = open.lines.at(-1);
      if (run !== undefined && run[0] + run[1] === value.line) run[1]++;
      else open.lines.push([value.line, 1]);
    } else parts.push((open = { blob: value.blob, lines: [[value.line, 1]] }));
  }
  return parts;
}
