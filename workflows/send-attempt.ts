/** One attempt of a webhook as an activity, shared by the job's workflow and its deliveries'. */
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { isCancellation, patched, proxyActivities, sleep, type ActivityCancellationType } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { formatTimestamp } from '../src/domain/events';
import {
  LATEST_WINS,
  LATEST_WINS_AT_FIRST,
  longestMs,
  type AttemptOutcome,
  type RetryPolicy,
  type SentOutcome,
  type WebhookRequest,
} from '../src/domain/delivery';
import { isLimited, type Limited } from '../src/domain/limited';

/** How long past its deadline an attempt is waited for before its worker is taken for lost. */
const GRACE_MS = 5_000;
/** Each wait for a place is at least a second longer than the one before, up to this: a history has room for only so many. */
const LONGEST_WAIT_MS = 600_000;

export interface AttemptOptions {
  readonly taskQueue: string;
  /** Temporal's priority of the request: first tries go before retries. */
  readonly priorityKey: number;
  /** What becomes of it when its scope is canceled. Default: whoever waits for it goes on at once. */
  readonly cancellationType?: ActivityCancellationType;
}

/**
 * Waits until there is a place for it, which is no attempt (contract §7).
 *
 * @param until epoch milliseconds; whoever would have to wait longer does not
 * @returns an outcome, `lost` where the worker was, which is known only after the attempt's deadline; undefined where none was
 * made
 */
export async function sendAttempt(input: WebhookRequest, options: AttemptOptions): Promise<AttemptOutcome>;
export async function sendAttempt(
  input: WebhookRequest,
  options: AttemptOptions,
  until: number,
): Promise<AttemptOutcome | undefined>;
export async function sendAttempt(
  input: WebhookRequest,
  options: AttemptOptions,
  until = Infinity,
): Promise<AttemptOutcome | undefined> {
  for (let asked = 0; ; asked++) {
    const answer = await offerAttempt(input, options, asked);
    if (!isLimited(answer)) return answer;
    if (Date.now() + answer.limitedMs >= until && patched('bounded-places')) return undefined;
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
  { taskQueue, priorityKey, cancellationType }: AttemptOptions,
  asked: number,
): Promise<SentOutcome | Limited> {
  const { sendWebhook } = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: longestAttemptMs(input),
    retry: { maximumAttempts: 1 },
    ...(cancellationType !== undefined && { cancellationType }),
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
    const told = toldBefore(error);
    if (told === undefined) return lostSince(startedAt);
    const { followers = [], ...first } = told;
    return { ...first, followers: [...followers, lostSince(Date.parse(first.startedAt) + first.durationMs)] };
  }
}

/** How long an attempt lasts at the most once a worker has taken it, in milliseconds. */
export function longestAttemptMs(input: WebhookRequest): number {
  return longestMs(input) + GRACE_MS;
}

/** The outcome of an attempt of which nobody has told. @param startedAt epoch milliseconds */
export function lostSince(startedAt: number): AttemptOutcome {
  return { startedAt: formatTimestamp(startedAt), durationMs: Math.max(0, Date.now() - startedAt), error: 'lost' };
}

/** What a worker has told before it sent the event that follows, and was lost. */
function toldBefore(error: unknown): SentOutcome | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure ? (cause.lastHeartbeatDetails as SentOutcome | undefined) : undefined;
}

/** First tries before retries (contract §7), within what the job's own priority leaves. */
export function attemptPriority(attempt: number): number {
  return attempt === 1 ? 2 : 4;
}

/** What a progress event gets after such an answer. An earlier version heeded `Retry-After` for some seconds only. */
export function progressPolicy({ retryAfterMs }: AttemptOutcome): RetryPolicy {
  return retryAfterMs === undefined || patched('progress-retry-after') ? LATEST_WINS : LATEST_WINS_AT_FIRST;
}
