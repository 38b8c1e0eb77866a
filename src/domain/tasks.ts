/** Tasks change their status here and nowhere else, so that the counts always add up to the tasks. */
import { taskId, type Job, type NodeState } from './job';
import { markChanged } from './outbox';
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
  job.last = { level: 'debug', at: now, hasData: true };
  markChanged(job.outbox, now, { ...taskId(node, index), status: to, ...(error !== undefined && { error }) });
}

/** What has not ended when the job does: it becomes stopped (contract §4). */
export function stopUnfinished(job: Job, now: number): void {
  for (const { node, indexes } of job.blocks.values()) {
    indexes.forEach((index) => markChanged(job.outbox, now, { ...taskId(node, index), status: 'stopped' }));
  }
  for (const counts of [job.counts, ...job.nodes.map((node) => node.counts)]) {
    counts.stopped += counts.active + counts.pending + counts.creating;
    counts.active = 0;
    counts.pending = 0;
    counts.creating = 0;
  }
}
