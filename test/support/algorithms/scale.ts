/** Items of jobs that are large by their number, or by what they answer; a module as `ALGORITHMS` names it. */
import type { Algorithms } from '../../../activities';

/** A megabyte that no other number has. */
export function megabyteOf(item: number): string {
  return String(item).padStart(8, '0').repeat(125_000);
}

const algorithms: Algorithms = {
  megabyte: ({ input: [item] }) => megabyteOf(Number(item)),
  add: ({ input: [one, other] }) => Number(one) + Number(other),
};

export default algorithms;
