/** Runs of consecutive indexes, as `[first, count]`. */
export type IndexRuns = readonly (readonly [first: number, count: number])[];

/** Writes ascending indexes as runs. */
export function toRuns(indexes: readonly number[]): IndexRuns {
  const runs: [number, number][] = [];
  for (const index of indexes) {
    const run = runs.at(-1);
    if (run !== undefined && run[0] + run[1] === index) run[1]++;
    else runs.push([index, 1]);
  }
  return runs;
}

/** The inverse of {@link toRuns}. */
export function fromRuns(runs: IndexRuns): number[] {
  return runs.flatMap(([first, count]) => Array.from({ length: count }, (_, offset) => first + offset));
}

/** `#1…#50` or `#1…#3, #7`: how a person reads a block's items in Temporal Web. */
export function describeRuns(runs: IndexRuns): string {
  const shown = runs.slice(0, 5).map(([first, count]) => {
    return count === 1 ? `#${String(first)}` : `#${String(first)}…#${String(first + count - 1)}`;
  });
  return runs.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
