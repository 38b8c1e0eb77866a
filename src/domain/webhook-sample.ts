/** What a test send carries: the bodies of a job that never was (contract §8). */
import type { WebhookKind } from './delivery';
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
export function sampleBody(kind: WebhookKind, at: number): ProgressBody | ResultBody {
  const job = { jobId: JOB_ID, timestamp: formatTimestamp(at), pipeline: PIPELINE };
  if (kind === 'result') {
    const entry = { nodeName: 'green', algorithmName: 'green-alg', result: 42 };
    return { ...job, status: 'completed', data: [entry] };
  }
  return {
    ...job,
    level: 'info',
    status: 'completed',
    data: { progress: '100.00', details: '100.00% completed, 1 succeed' },
  };
}
