/** What a test send carries: the bodies of a job that never was (contract §8). */
import type { WebhookKind } from './delivery';
import { toHkubeProgress, toHkubeResult, type Dialect } from './dialect';
import { formatTimestamp, type ProgressBody, type ResultBody } from './events';

/** The workflow `testWebhook` is started with it. */
export interface TestWebhookInput {
  readonly url: string;
  readonly kind: WebhookKind;
  readonly body: string;
  /** Of the activity that sends. */
  readonly taskQueue: string;
  readonly deadlineMs: number;
}

const PIPELINE = 'test';
const JOB_ID = `${PIPELINE}:00000000-0000-4000-8000-000000000000`;

/** @param at epoch milliseconds */
export function sampleBody(kind: WebhookKind, at: number, dialect: Dialect = 'contract'): object {
  const isHkubes = dialect === 'hkube';
  const job = { jobId: JOB_ID, timestamp: formatTimestamp(at), pipeline: PIPELINE };
  if (kind === 'result') {
    const entry = { nodeName: 'green', algorithmName: 'green-alg', result: 42 };
    const result: ResultBody = { ...job, status: 'completed', data: [entry] };
    return isHkubes ? toHkubeResult(result, at) : result;
  }
  const progress: ProgressBody = {
    ...job,
    level: 'info',
    status: 'completed',
    data: { progress: '100.00', details: '100.00% completed, 1 succeed' },
  };
  return isHkubes ? toHkubeProgress(progress, at) : progress;
}
