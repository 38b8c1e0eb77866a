/** The ways in which a job ends. Each fixes both bodies at once; nothing changes after it. */
import { tellWaiting } from './deferred';
import { MAX_RESULT_BYTES, toWebhookText, travelBytes } from './big-results';
import { progressBody, resultBody, resultHead, resultParts } from './bodies';
import { endingOf } from './job-ending';
import type { JobRecord } from './job-record';
import type { Job } from './job';
import { utf8Length } from './json';
import { publishLast } from './outbox';
import { foldResult } from './folded-result';
import { isInline, type ResultDraft, type WrittenResult } from './result-parts';
import { stopUnfinished } from './tasks';
import type { Level } from './verbosity';

export interface Failure {
  /** `error` for an algorithm's failure, `critical` for the engine's or of what it runs on. */
  readonly level: Extract<Level, 'error' | 'critical'>;
  readonly error: string;
  readonly nodeName?: string;
}

/** All tasks have ended. What lies in blobs is written down first; the job ends with `resultWritten` then. */
export function completeJob(job: Job, at: number): void {
  const parts = resultParts(job);
  if (!isInline(parts)) {
    job.writingSince = at;
    const folded = foldResult(draftResult(job, at));
    if (folded !== undefined) completeWritten(job, folded);
    return;
  }
  const results = resultBody(job, { status: 'completed', at });
  // As the job's own result, and as the webhook's.
  const bytes = Math.max(utf8Length(JSON.stringify(results)), travelBytes(toWebhookText(results, job.settings)));
  if (bytes > MAX_RESULT_BYTES) {
    const error = `results of ${String(bytes)} bytes are larger than ${String(MAX_RESULT_BYTES)}`;
    failJob(job, { level: 'critical', error }, at);
    return;
  }
  complete(job, { results }, at);
}

/** What the activity that writes a result down is given. */
export function draftResult(job: Job, at: number): ResultDraft {
  const { inlineLimit, dataUrl } = job.settings;
  const head = resultHead(job, { status: 'completed', at });
  const isSent = job.pipeline.webhooks?.result !== undefined;
  return { head, parts: resultParts(job), inlineLimit, ...(dataUrl !== undefined && { dataUrl }), isSent };
}

export function completeWritten(job: Job, { results, text }: WrittenResult): void {
  const at = job.writingSince;
  if (at === undefined) return;
  job.resultText = text;
  complete(job, { results, parts: resultParts(job) }, at);
}

function complete(job: Job, ending: Omit<JobRecord, 'status'>, at: number): void {
  tellWaiting(job, at);
  job.status = 'completed';
  const status = progressBody(job, { level: 'info', at, hasData: true });
  job.record = recordOf(job, { status, ...ending });
  publishLast(job.outbox, status);
}

export function failJob(job: Job, failure: Failure, at: number): void {
  const { level, ...rest } = failure;
  tellWaiting(job, at);
  stopUnfinished(job, at);
  job.status = 'failed';
  const status = progressBody(job, { level, at, hasData: true, ...rest });
  job.record = recordOf(job, { status, results: resultBody(job, { status: 'failed', at, ...rest }) });
  publishLast(job.outbox, status);
}

export function stopJob(job: Job, reason: string, at: number): void {
  tellWaiting(job, at);
  stopUnfinished(job, at);
  job.status = 'stopped';
  const status = progressBody(job, { level: 'info', at, hasData: true, reason });
  job.record = recordOf(job, { status, results: resultBody(job, { status: 'stopped', at, reason }) });
  publishLast(job.outbox, status);
}

/** With what is kept of the job besides its bodies. */
function recordOf(job: Job, bodies: JobRecord): JobRecord {
  const { actions } = job;
  const ending = endingOf(job);
  return { ...bodies, ...(ending && { ending }), ...(actions.length > 0 && { actions }) };
}
