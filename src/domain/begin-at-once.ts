/** Which blocks begin before the server has written that down (DESIGN.md, «runBlock»). */
import { FIRST_WAVE } from './block-size';
import type { NodePlan } from './graph';
import type { Job } from './job';
import { repeats } from './retry';
import { beginsAtOnce } from './settings';

/** One that nobody knows to have begun must not be the last run but one. */
const LEAST_LIMIT = 2;

/**
 * To have the server write down that a block begins costs as much as a small block does. Without that, all items of one
 * whose worker is lost before its first word count as run: so only few items, in their first run, with others to spare.
 */
export function mayBeginAtOnce(
  { settings }: Pick<Job, 'settings'>,
  { retry }: Pick<NodePlan, 'retry'>,
  { count, attempt }: { readonly count: number; readonly attempt: number },
): boolean {
  return beginsAtOnce(settings) && count <= FIRST_WAVE && attempt === 1 && hasRunsToSpare(retry);
}

/** Whether an item may be lost with its worker and is not in its last run then. */
export function hasRunsToSpare(retry: NodePlan['retry']): boolean {
  return retry.limit >= LEAST_LIMIT && repeats(retry, 'crash');
}
