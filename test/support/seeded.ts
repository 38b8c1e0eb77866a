import fc from 'fast-check';

/** @returns numbers that look random and are the same in every run; all in the range, its ends included */
export function seededIntegers(seed: number, count: number, min: number, max: number): number[] {
  return fc.sample(fc.noBias(fc.integer({ min, max })), { seed, numRuns: count });
}
