/** One attempt of a webhook as an activity, shared by the job's workflow and its deliveries'. */
import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { formatTimestamp } from '../src/domain/events';
import type { AttemptOutcome, WebhookRequest } from '../src/domain/delivery';

/** How long past its deadline an attempt is waited for before its worker is taken for lost. */
const GRACE_MS = 5_000;

export interface AttemptOptions {
  readonly taskQueue: string;
  /** Temporal's priority of the request: first tries go before retries. */
  readonly priorityKey: number;
}

/** @returns always an outcome; `lost` where the worker was, which is known only after the attempt's deadline */
export async function sendAttempt(
  input: WebhookRequest,
  { taskQueue, priorityKey }: AttemptOptions,
): Promise<AttemptOutcome> {
  const { sendWebhook } = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: input.deadlineMs + GRACE_MS,
    retry: { maximumAttempts: 1 },
    priority: { priorityKey },
  });
  const startedAt = Date.now();
  try {
    const summary = `${input.kind} ${String(input.sequence)}, attempt ${String(input.attempt)}`;
    return await sendWebhook.executeWithOptions({ summary }, [input]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { startedAt: formatTimestamp(startedAt), durationMs: Date.now() - startedAt, error: 'lost' };
  }
}

/** First tries before retries (contract §7), within what the job's own priority leaves. */
export function attemptPriority(attempt: number): number {
  return attempt === 1 ? 2 : 4;
}
