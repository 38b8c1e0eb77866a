/** Blobs that hold the outcomes of several tasks, and which of them are few enough to become one. */
import type { BlobRef } from './blob';
import type { IndexRuns } from './index-runs';

/** The outcomes of a block: one a line, in the order of its items. */
export interface StoredBlock {
  readonly blob: BlobRef;
  /** 0-based indexes in ascending order. */
  readonly items: IndexRuns;
  /** The line of the first item of each run. */
  readonly lines: readonly number[];
  readonly whole: WholeBlob | undefined;
}

/** All that a blob holds, where none of it is a blob of its own. */
export interface WholeBlob {
  /** How many lines. */
  readonly lines: number;
  /** The largest output, as JSON, in bytes. */
  readonly largest: number;
}

/** The line of the first item of each run. */
export function firstLines(runs: IndexRuns): number[] {
  let line = 0;
  return runs.map(([, count]) => {
    line += count;
    return line - count;
  });
}

/** What may be put into one blob. */
export interface BlobLimits {
  readonly blobs: number;
  readonly lines: number;
  /** Lines that follow each other in a blob, as tasks do. */
  readonly runs: number;
  readonly bytes: number;
}

/** Fewer are not worth being put together. */
export const SEVERAL = 8;

/** Whether several of its size are within the limits; of its runs twice as many, as what runs again elsewhere cuts them. */
export function isSmall({ blob, lines, items }: StoredBlock, most: BlobLimits): boolean {
  const count = (lines.at(-1) ?? 0) + (items.at(-1)?.[1] ?? 0);
  const isFew = (one: number, limit: number): boolean => one * SEVERAL <= limit;
  return isFew(count, most.lines) && isFew(blob.size, most.bytes) && isFew(2 * items.length, most.runs);
}

/** Blobs that may become one. */
export interface OldestBlobs {
  readonly items: number[];
  readonly blobs: number;
  readonly largest: number | undefined;
}
