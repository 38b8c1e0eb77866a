/** Tasks change their status here and in `nodes.ts`, where they come to be, so that the counts always add up to them. */
import type { TaskChange } from './events';
import { taskId, type Job, type NodeState } from './job';
import { listsTasks, markChanged, MAX_CHANGES } from './outbox';
import type { TaskStatus } from './progress';

/** @param index 0-based */
export function moveTask(
  job: Job,
  node: NodeState,
  index: number,
  from: TaskStatus,
  to: TaskStatus,
  now: number,
  error?: string,
): void {
  for (const counts of [job.counts, node.counts]) {
    counts[from]--;
    counts[to]++;
  }
  // A lost worker may have had a hundred thousand of them in hand.
  if (!listsTasks(job.outbox)) noteChange(job, now);
  else noteChange(job, now, { ...taskId(node, index), status: to, ...(error !== undefined && { error }) });
}

/** The same of many that have nothing else to tell. */
export function moveTasks(
  job: Job,
  node: NodeState,
  indexes: readonly number[],
  from: TaskStatus,
  to: TaskStatus,
  now: number,
): void {
  if (indexes.length === 0) return;
  for (const counts of [job.counts, node.counts]) {
    counts[from] -= indexes.length;
    counts[to] += indexes.length;
  }
  noteChange(job, now);
  if (!listsTasks(job.outbox)) return;
  for (const index of indexes) noteChange(job, now, { ...taskId(node, index), status: to });
}

/** A task whose parents' items are done may be handed out. Not listed: its `active` will be. */
export function releaseTask(job: Job, node: NodeState, index: number, now: number): void {
  for (const counts of [job.counts, node.counts]) {
    counts.creating--;
    counts.pending++;
  }
  node.released.push(index);
  noteChange(job, now);
}

/** The counts have changed. */
export function noteChange(job: Job, now: number, change?: TaskChange): void {
  job.last = { level: 'debug', at: now, hasData: true };
  markChanged(job.outbox, now, change);
}

/** What has not ended when the job does: it becomes stopped (contract §4). */
export function stopUnfinished(job: Job, now: number): void {
  let listed = 0;
  for (const task of unfinishedTasks(job)) {
    if (++listed > MAX_CHANGES) break;
    markChanged(job.outbox, now, { ...task, status: 'stopped' });
  }
  for (const counts of [job.counts, ...job.nodes.map((node) => node.counts)]) {
    counts.stopped += counts.active + counts.pending + counts.creating;
    counts.active = 0;
    counts.pending = 0;
    counts.creating = 0;
  }
}

function* unfinishedTasks(job: Job): Generator<ReturnType<typeof taskId>> {
  for (const node of job.nodes) {
    if (node.phase === 'creating') yield { nodeName: node.plan.nodeName };
    if (node.phase !== 'open') continue;
    for (let index = 0; index < node.width; index++) {
      if (!node.outcomes.has(index)) yield taskId(node, index);
    }
  }
}
