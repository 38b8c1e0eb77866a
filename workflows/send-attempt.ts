/** One attempt of a webhook as an activity, shared by the job's workflow and its deliveries'. */
import { isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { formatTimestamp } from '../src/domain/events';
import { longestMs, type SentOutcome, type WebhookRequest } from '../src/domain/delivery';
import { isLimited, type Limited } from '../src/domain/limited';

/** How long past its deadline an attempt is waited for before its worker is taken for lost. */
const GRACE_MS = 5_000;
/** Each wait for a place is at least a second longer than the one before, up to this: a history has room for only so many. */
const LONGEST_WAIT_MS = 600_000;

export interface AttemptOptions {
  readonly taskQueue: string;
  /** Temporal's priority of the request: first tries go before retries. */
  readonly priorityKey: number;
}

/**
 * Waits until there is a place for it, which is no attempt (contract §7).
 *
 * @returns always an outcome; `lost` where the worker was, which is known only after the attempt's deadline
 */
export async function sendAttempt(input: WebhookRequest, options: AttemptOptions): Promise<SentOutcome> {
  for (let asked = 0; ; asked++) {
    const answer = await offerAttempt(input, options, asked);
    if (!isLimited(answer)) return answer;
    await sleep(answer.limitedMs);
  }
}

/**
 * The same, without the wait.
 *
 * @param asked how often it was asked for this attempt before
 */
export async function offerAttempt(
  input: WebhookRequest,
  { taskQueue, priorityKey }: AttemptOptions,
  asked: number,
): Promise<SentOutcome | Limited> {
  const { sendWebhook } = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: longestMs(input) + GRACE_MS,
    retry: { maximumAttempts: 1 },
    // Those that found no place once give way to those that come for the first time.
    priority: { priorityKey: asked === 0 ? priorityKey : priorityKey + 1 },
  });
  const startedAt = Date.now();
  try {
    const last = input.followers?.at(-1)?.sequence;
    const numbers = `${String(input.sequence)}${last === undefined ? '' : `…${String(last)}`}`;
    const summary = `${input.kind} ${numbers}, attempt ${String(input.attempt)}`;
    const answer = await sendWebhook.executeWithOptions({ summary }, [input]);
    if (!isLimited(answer)) return answer;
    return { ...answer, limitedMs: Math.min(Math.max(answer.limitedMs, (asked + 1) * 1_000), LONGEST_WAIT_MS) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { startedAt: formatTimestamp(startedAt), durationMs: Date.now() - startedAt, error: 'lost' };
  }
}

/** First tries before retries (contract §7), within what the job's own priority leaves. */
export function attemptPriority(attempt: number): number {
  return attempt === 1 ? 2 : 4;
}
