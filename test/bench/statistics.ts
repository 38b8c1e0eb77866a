/** Medians and their spread, and the rows made of them. */
import type { MissingRow, Row, Sample, Samples } from './row';

export interface Outcome {
  readonly row: Row | MissingRow;
  /** Why there is no number. */
  readonly problem?: string;
  /** Medians of the two sides. */
  readonly ours?: number;
  readonly theirs?: number;
  /** What the target speaks of: the median of the repetitions' ratios, or of the values where nothing is compared. */
  readonly result?: number;
  readonly lowest?: number;
  readonly highest?: number;
  readonly repetitions?: number;
  readonly met?: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** @param samples of the row's group */
export function evaluate(row: Row | MissingRow, samples: Samples): Outcome {
  if ('missing' in row) return { row, problem: row.missing };
  const own = find(samples, row.of);
  const other = row.against === undefined ? undefined : find(samples, row.against);
  const bad = [own, other].find((found) => found instanceof Error);
  if (bad !== undefined) {
    const known = Array.isArray(own) ? { ours: median(own.map(row.value)) } : {};
    return { row, problem: `failed: ${oneLine(bad)}`, ...known };
  }
  const ours = (own as readonly Sample[]).map(row.value);
  const theirs = (other as readonly Sample[] | undefined)?.map(row.value);
  const results = ours.flatMap((value, index) => {
    if (theirs === undefined) return [value];
    const compared = theirs[index];
    return compared === undefined ? [] : [value / compared];
  });
  if (results.length === 0) return { row, problem: 'not run: the time was up' };
  const result = median(results);
  return {
    row,
    ours: median(ours),
    ...(theirs !== undefined && { theirs: median(theirs) }),
    result,
    lowest: Math.min(...results),
    highest: Math.max(...results),
    repetitions: results.length,
    met: 'atLeast' in row.target ? result >= row.target.atLeast : result <= row.target.atMost,
  };
}

function find(samples: Samples, name: string): readonly Sample[] | Error {
  return samples.get(name) ?? [];
}

function oneLine({ message }: Error): string {
  const line = message.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
