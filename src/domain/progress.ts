/** How far a job is, in numbers and in words (contract §4). */

export type TaskStatus = 'creating' | 'pending' | 'active' | 'succeed' | 'failed' | 'skipped' | 'stopped';

export type TaskCounts = Record<TaskStatus, number>;

/** The order of the contract's `details`. */
const DETAILS_ORDER = ['succeed', 'failed', 'skipped', 'stopped', 'active', 'pending', 'creating'] as const;

export function noTasks(): TaskCounts {
  return { creating: 0, pending: 0, active: 0, succeed: 0, failed: 0, skipped: 0, stopped: 0 };
}

export function finishedTasks(counts: TaskCounts): number {
  return counts.succeed + counts.failed + counts.skipped;
}

export function allTasks(counts: TaskCounts): number {
  return DETAILS_ORDER.reduce((sum, status) => sum + counts[status], 0);
}

/** Percent with two decimals; rounded, but never up to `100.00` before all tasks are finished. */
export function formatProgress(counts: TaskCounts): string {
  const [finished, all] = [finishedTasks(counts), allTasks(counts)];
  if (finished === all) return '100.00';
  return Math.min((finished / all) * 100, 99.99).toFixed(2);
}

export function formatDetails(counts: TaskCounts): string {
  const parts = DETAILS_ORDER.filter((status) => counts[status] > 0).map(
    (status) => `${String(counts[status])} ${status}`,
  );
  return [`${formatProgress(counts)}% completed`, ...parts].join(', ');
}
