/** The bodies of a job that did not live to make its own (contract §4 and §5: it was terminated from outside). */
import { compact, formatTimestamp, type ProgressBody, type ResultBody } from './events';
import type { JobRecord } from './job-record';
import { MAX_ERROR, toText } from './text';

const ENDINGS: Partial<Record<string, string>> = {
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
  CANCELLED: 'canceled',
};

/**
 * What such a job failed by.
 *
 * @param status Temporal's own of the workflow, such as `TERMINATED`
 * @param reason what was said with it, if anything
 */
export function outsideError(status: string, reason?: string): string {
  // A workflow that failed without our bodies says itself by what.
  if (status === 'FAILED' && reason !== undefined) return toText(reason, MAX_ERROR);
  const text = `the job was ${ENDINGS[status] ?? 'ended'} from outside`;
  return reason === undefined ? text : toText(`${text}: ${reason}`, MAX_ERROR);
}

/**
 * Both bodies of a job that was ended from outside. They have no counts: only its workflow knew them.
 *
 * @param at epoch milliseconds
 */
export function endedOutside(jobId: string, pipeline: string, at: number, error: string): JobRecord {
  return recordOf({ jobId, timestamp: formatTimestamp(at), pipeline, status: 'failed', error, failures: [] });
}

/** Both bodies by the one that was handed over before the job was ended from outside. */
export function recordOf(results: ResultBody): JobRecord {
  const { jobId, timestamp, pipeline, status, error, nodeName, reason } = results;
  const failure = nodeName === undefined ? 'critical' : 'error';
  const level = status === 'failed' ? failure : 'info';
  return {
    status: compact<ProgressBody>({
      jobId,
      timestamp,
      pipeline,
      level,
      status,
      data: undefined,
      error,
      nodeName,
      reason,
      tasks: undefined,
    }),
    results,
  };
}
