/** Tasks change their status here and in `nodes.ts`, where they come to be, so that the counts always add up to them. */
import type { TaskChange } from './events';
import { taskId, type Job, type NodeState } from './job';
import { markChanged, MAX_CHANGES } from './outbox';
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
  noteChange(job, now, { ...taskId(node, index), status: to, ...(error !== undefined && { error }) });
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
      if (node.outcomes[index] === undefined) yield taskId(node, index);
    }
  }
}
