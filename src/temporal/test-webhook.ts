/** Sends a sample to a receiver, through a worker as the webhooks of jobs are sent (contract §8). */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { AttemptOutcome, WebhookKind } from '../domain/delivery';
import type { Dialect } from '../domain/dialect';
import { PipelineError } from '../domain/errors';
import { sampleBody, type TestWebhookInput } from '../domain/webhook-sample';
import { TEST_WEBHOOK } from '../../workflows/messages';
import { within } from './deadline';

/** What came of a test send. */
export type TestOutcome = Pick<AttemptOutcome, 'statusCode' | 'error' | 'durationMs'>;

export interface TestSend {
  readonly url: string;
  readonly kind: WebhookKind;
  readonly dialect: Dialect;
  /** Of workflows. */
  readonly taskQueue: string;
  readonly webhookTaskQueue: string;
  /** The hard deadline of the attempt, in milliseconds. */
  readonly deadlineMs: number;
}

/** What a worker may take until it begins, and to tell of it. */
const SPARE_MS = 10_000;

/** @throws PipelineError `Unavailable` where no worker sent it in time */
export async function sendTest(
  client: Client,
  { url, kind, dialect, deadlineMs, ...queues }: TestSend,
): Promise<TestOutcome> {
  const body = JSON.stringify(sampleBody(kind, Date.now(), dialect));
  const input: TestWebhookInput = { url, kind, body, taskQueue: queues.webhookTaskQueue, deadlineMs };
  try {
    const { statusCode, error, durationMs } = await within(client, deadlineMs + 2 * SPARE_MS, () =>
      client.workflow.execute<(input: TestWebhookInput) => Promise<AttemptOutcome>>(TEST_WEBHOOK, {
        workflowId: `temporal-pipelines-test/${randomUUID()}`,
        taskQueue: queues.taskQueue,
        args: [input],
        // Nobody waits for it any longer.
        workflowExecutionTimeout: deadlineMs + SPARE_MS,
        staticSummary: `a test of a ${kind} webhook`,
      }),
    );
    return { ...(statusCode !== undefined && { statusCode }), ...(error !== undefined && { error }), durationMs };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new PipelineError('Unavailable', 'no worker sent the test in time');
  }
}
