/** The ways in which a job ends. Each fixes both bodies at once; nothing changes after it. */
import { tellWaiting } from './deferred';
import { progressBody, resultBody } from './bodies';
import type { Job } from './job';
import { utf8Length } from './json';
import { publishLast } from './outbox';
import { stopUnfinished } from './tasks';
import type { Level } from './verbosity';

export interface Failure {
  /** `error` for an algorithm's failure, `critical` for the engine's or of what it runs on. */
  readonly level: Extract<Level, 'error' | 'critical'>;
  readonly error: string;
  readonly nodeName?: string;
}

/** The largest result that fits into the workflow's own: Temporal refuses a payload over 2 MiB. */
const MAX_RESULT_BYTES = 1_900_000;

export function completeJob(job: Job, at: number): void {
  const results = resultBody(job, { status: 'completed', at });
  // As it travels to its delivery: a text within JSON, where each quotation mark is two bytes.
  const bytes = utf8Length(JSON.stringify(JSON.stringify(results)));
  if (bytes > MAX_RESULT_BYTES) {
    const error = `results of ${String(bytes)} bytes are larger than ${String(MAX_RESULT_BYTES)}`;
    failJob(job, { level: 'critical', error }, at);
    return;
  }
  tellWaiting(job, at);
  job.status = 'completed';
  const status = progressBody(job, { level: 'info', at, hasData: true });
  job.record = { status, results };
  publishLast(job.outbox, status);
}

export function failJob(job: Job, failure: Failure, at: number): void {
  const { level, ...rest } = failure;
  tellWaiting(job, at);
  stopUnfinished(job, at);
  job.status = 'failed';
  const status = progressBody(job, { level, at, hasData: true, ...rest });
  job.record = { status, results: resultBody(job, { status: 'failed', at, ...rest }) };
  publishLast(job.outbox, status);
}

export function stopJob(job: Job, reason: string, at: number): void {
  tellWaiting(job, at);
  stopUnfinished(job, at);
  job.status = 'stopped';
  const status = progressBody(job, { level: 'info', at, hasData: true, reason });
  job.record = { status, results: resultBody(job, { status: 'stopped', at, reason }) };
  publishLast(job.outbox, status);
}
