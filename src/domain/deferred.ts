/** The progress events whose bodies are made when their turn comes, and what becomes of them before the job ends. */
import type { ProgressBody, TaskChange } from './events';
import { progressBody } from './bodies';
import type { Job } from './job';
import { failuresFirst, publish, queueFirstSnapshot, takeWarnings, type NextEvent } from './outbox';

/** The body of what the outbox answered at `now`. */
export function nextBody(job: Job, next: Exclude<NextEvent, { kind: 'none' | 'at' }>, now: number): ProgressBody {
  switch (next.kind) {
    case 'queued':
      return next.body;
    case 'warnings':
      return warningsBody(job, next.tasks, now);
    case 'snapshot':
      return snapshotBody(job, next.tasks, next.changedAt);
  }
}

function warningsBody(job: Job, tasks: readonly TaskChange[], at: number): ProgressBody {
  return progressBody(job, { level: 'warn', at, hasData: true, tasks: failuresFirst(tasks) });
}

function snapshotBody(job: Job, tasks: readonly TaskChange[], at: number): ProgressBody {
  return job.outbox.subscriber === 'trace'
    ? progressBody(job, { level: 'trace', at, hasData: true, tasks: failuresFirst(tasks) })
    : progressBody(job, { level: 'debug', at, hasData: true });
}

/** The first event below info is always sent (contract §4): no event at info or above takes it over. */
export function tellFirstSnapshot(job: Job): void {
  queueFirstSnapshot(job.outbox, ({ changedAt, tasks }) => snapshotBody(job, tasks, changedAt));
}

/** The warnings that wait for their interval are not lost where the job ends first. */
export function tellWaiting(job: Job, now: number): void {
  tellFirstSnapshot(job);
  const tasks = takeWarnings(job.outbox);
  if (tasks.length > 0) publish(job.outbox, warningsBody(job, tasks, now));
}
