/**
 * When a webhook is tried again, and when it is given up (contract §7). Pure: the workflows ask it after each attempt.
 */

/** The two webhooks of a job, as in the header `x-pipeline-event`. */
export type WebhookKind = 'progress' | 'result';

/** Why an attempt got no usable answer. A closed list: it is stored, shown and counted. */
export type AttemptError =
  | 'timeout'
  | 'connect'
  | 'dns'
  | 'tls'
  | 'reset'
  | 'protocol'
  | 'redirect'
  | 'status'
  | 'blocked address'
  | 'refused url'
  /** The settings of its endpoint could not be read, so no request was made. */
  | 'endpoint'
  | 'lost'
  | 'unknown';

/** One HTTP request of a webhook. The secrets that sign it are the sender's own and never travel. */
export interface WebhookRequest {
  readonly url: string;
  /** The header `x-pipeline-event`. */
  readonly kind: WebhookKind;
  /** The header `webhook-id`: the same over attempts, crashes and redeliveries. */
  readonly webhookId: string;
  /** The header `x-pipeline-sequence`. */
  readonly sequence: number;
  /** The header `x-pipeline-attempt`, 1-based. */
  readonly attempt: number;
  /** The JSON text whose UTF-8 bytes are sent and signed. */
  readonly body: string;
  /** The hard deadline of the whole attempt, in milliseconds. */
  readonly deadlineMs: number;
  /** Of the first attempt of a terminal event, where its job makes it. Default: the workflow that asks waits for it. */
  readonly report?: LateReport;
  /** Later events to the same URL: see {@link Follower}. Default: none. */
  readonly followers?: readonly Follower[];
}

/** Who is told as well of an attempt that may have lasted longer than the workflow that has begun it: the event's delivery. */
export interface LateReport {
  /** Of the job's runs. */
  readonly firstRunId: string;
  /** How long it may take without that, in milliseconds. */
  readonly afterMs: number;
}

/**
 * An event that waits behind another when that is sent: it goes at once after it, where that was taken quickly. Each is an
 * attempt of its own; one activity makes them, instead of one for each.
 */
export type Follower = Pick<WebhookRequest, 'webhookId' | 'sequence' | 'attempt' | 'body' | 'deadlineMs'>;

/** Of its deadline; what an attempt may take at most where others follow. */
const QUICK_SHARE = 0.1;

/** The deadline of an event that follows another, so that both together last no longer than one alone may. */
export function followingDeadline(deadlineMs: number): number {
  return Math.floor(deadlineMs * (1 - QUICK_SHARE));
}

/** Whether the next event follows at once. @param sinceMs since the first attempt has begun */
export function isFollowed(outcome: AttemptOutcome, { deadlineMs }: WebhookRequest, sinceMs: number): boolean {
  return outcome.error === undefined && sinceMs <= deadlineMs * QUICK_SHARE;
}

/** What the request and its followers can take together, in milliseconds. */
export function longestMs({ deadlineMs, followers = [] }: WebhookRequest): number {
  return followers.reduce((sum, follower) => sum + follower.deadlineMs, deadlineMs);
}

/** What one HTTP request came to. Exactly one of «a 2xx `statusCode` and no `error`» and «an `error`» holds. */
export interface AttemptOutcome {
  /** ISO 8601 UTC with milliseconds. */
  readonly startedAt: string;
  /** Until the attempt was over; for the body of an answer it waits a second at the most. */
  readonly durationMs: number;
  /** Of the answer; absent where none came. */
  readonly statusCode?: number;
  /** Absent where the receiver has taken the event. */
  readonly error?: AttemptError;
  /** The first 1 KiB of the answer's body, as text. */
  readonly responseBody?: string;
  /** How long the receiver asked to wait, in milliseconds from the answer; only for 429 and 503. */
  readonly retryAfterMs?: number;
}

/** What the request came to, and those of its followers that were sent: in their order, all but the last delivered. */
export interface SentOutcome extends AttemptOutcome {
  readonly followers?: readonly AttemptOutcome[];
}

/** An entry of a delivery's attempt log. */
export interface Attempt extends AttemptOutcome {
  /** 1, 2, 3 …, as sent in `x-pipeline-attempt`. */
  readonly attempt: number;
  /** `manual` where somebody asked for a redelivery. */
  readonly trigger: 'auto' | 'manual';
}

export interface RetryPolicy {
  /** The delay before each attempt in milliseconds; the first is normally 0, and the length is the number of attempts. */
  readonly scheduleMs: readonly number[];
  /** How many attempts a redirect or a 4xx without a retry meaning gets. */
  readonly clientErrorAttempts: number;
  /** The longest wait that a receiver's `Retry-After` is heeded for, in milliseconds. Default: what is left of the schedule. */
  readonly longestAskedMs?: number;
}

/** Contract §7: 13 attempts over 72 hours. */
export const MUST_DELIVER: RetryPolicy = {
  scheduleMs: [
    0, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 43_200_000, 72_000_000,
    86_400_000,
  ],
  clientErrorAttempts: 5,
};

/** Of jobs that an earlier version has begun: a receiver could not ask for more than the few seconds of the schedule. */
export const LATEST_WINS_AT_FIRST: RetryPolicy = { scheduleMs: [0, 1_000, 3_000], clientErrorAttempts: 1 };

/** Contract §7: three attempts, after 1 s and 3 s; a redirect or another 4xx drops the event at once. */
export const LATEST_WINS: RetryPolicy = { ...LATEST_WINS_AT_FIRST, longestAskedMs: sum(MUST_DELIVER.scheduleMs) };

export type NextStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly reason: 'gone' | 'refused' | 'exhausted' };

/** How long the progress events that a job left behind get all their attempts. */
const LEFTOVERS_RETRIED_MS = 60_000;
/** What the terminal event waits for the events before it at the most. */
export const LEFTOVERS_MS = 5 * 60_000;

/**
 * What an event that the job left behind still gets, before the terminal one: all its attempts in the first minute, then
 * one, and after five minutes none. It is the terminal event that must arrive, and it would only wait longer behind a
 * receiver that is down.
 *
 * @param elapsedMs since the first of them could be sent
 */
export function leftoverBudget(elapsedMs: number): 'all' | 'one' | 'none' {
  if (elapsedMs >= LEFTOVERS_MS) return 'none';
  return elapsedMs < LEFTOVERS_RETRIED_MS ? 'all' : 'one';
}

const JITTER = 0.2;

/**
 * Decides what follows the latest of `attempts` automatic attempts.
 *
 * @param attempts how many automatic attempts were made, at least 1
 * @param random a number in [0, 1) for the ±20 % jitter
 * @param elapsedMs since the first of them was due: what a receiver has asked for before counts towards the horizon
 */
export function nextStep(
  outcome: AttemptOutcome,
  attempts: number,
  policy: RetryPolicy,
  random: number,
  elapsedMs = 0,
): NextStep {
  if (outcome.error === undefined) return { kind: 'delivered' };
  if (outcome.statusCode === 410) return { kind: 'dead', reason: 'gone' };
  if (outcome.error === 'blocked address' || outcome.error === 'refused url')
    return { kind: 'dead', reason: 'refused' };
  const budget = isClientError(outcome)
    ? Math.min(policy.clientErrorAttempts, policy.scheduleMs.length)
    : policy.scheduleMs.length;
  const planned = policy.scheduleMs[attempts];
  if (attempts >= budget || planned === undefined) return { kind: 'dead', reason: 'exhausted' };
  const jittered = planned * (1 - JITTER + 2 * JITTER * random);
  const left = Math.min(sum(policy.scheduleMs.slice(attempts)), sum(policy.scheduleMs) - elapsedMs);
  const asked = Math.min(outcome.retryAfterMs ?? 0, policy.longestAskedMs ?? left);
  return { kind: 'retry', delayMs: Math.round(Math.max(jittered, asked)) };
}

/** How long nothing of progress goes to a receiver that has answered so, in milliseconds. */
export function quietMs({ retryAfterMs = 0 }: AttemptOutcome): number {
  return Math.min(retryAfterMs, LATEST_WINS.longestAskedMs ?? 0);
}

function sum(delays: readonly number[]): number {
  return delays.reduce((total, delay) => total + delay, 0);
}

/** A redirect, or a 4xx that does not say «later». */
function isClientError(outcome: AttemptOutcome): boolean {
  if (outcome.error === 'redirect') return true;
  const code = outcome.statusCode;
  return code !== undefined && code >= 400 && code < 500 && ![408, 425, 429].includes(code);
}

/** The three spellings of an HTTP date (RFC 9110 §5.6.7); the last has no zone and means GMT as well. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} [\d:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/;

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3: seconds or an HTTP date).
 *
 * @param now epoch milliseconds
 * @returns milliseconds from now, or undefined for a bad or past value, which the contract says to ignore
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) {
    // Beyond that it is no number that JSON could carry: Infinity would arrive as null.
    const ms = Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
    return ms > 0 ? ms : undefined;
  }
  if (!HTTP_DATE.test(text)) return undefined;
  // Without a zone Date.parse would take the machine's own.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return date > now ? date - now : undefined;
}
