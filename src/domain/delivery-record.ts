import type { Attempt, SentOutcome, WebhookKind } from './delivery';
import { compact } from './events';

/** `dead`: it is not tried again, unless somebody asks for it within the retention. */
export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One must-deliver event and everything that was done to deliver it (contract §8). */
export interface DeliveryRecord {
  /** The event's `webhook-id`. */
  readonly id: string;
  /** Of the job that the event tells about. */
  readonly jobId: string;
  /** Which of the job's two webhooks it is. */
  readonly kind: WebhookKind;
  /** Where it goes. */
  readonly url: string;
  /** What has become of it so far. */
  readonly state: DeliveryState;
  /** Why it is dead. */
  readonly reason?: string;
  /** The header `x-pipeline-sequence`: 1, 2, 3 … per job and URL. */
  readonly sequence: number;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  /** When the next automatic attempt is due, ISO 8601; only while one is planned. */
  readonly nextAttemptAt?: string;
  /** In the order in which they were made. */
  readonly attempts: readonly Attempt[];
}

/** What has changed; undefined takes a key away. */
export type DeliveryChange = { [K in keyof DeliveryRecord]?: DeliveryRecord[K] | undefined };

/** The keys stay in the order of the contract. */
export function changeRecord(record: DeliveryRecord, change: DeliveryChange): DeliveryRecord {
  const { id, jobId, kind, url, state, reason, sequence, createdAt, nextAttemptAt, attempts } = {
    ...record,
    ...change,
  };
  return compact<DeliveryRecord>({
    id,
    jobId,
    kind,
    url,
    state,
    reason,
    sequence,
    createdAt,
    nextAttemptAt,
    attempts,
  });
}

/** The most attempts that a record keeps; the automatic ones are 13 by default. */
export const MAX_ATTEMPTS = 500;
/** Of so many of the last attempts it keeps the answers' bodies. */
export const MAX_BODIES = 50;

/** An outcome as its entry of the log: what the receiver asked for is in the time of the next attempt. */
export function toAttempt(
  attempt: number,
  trigger: Attempt['trigger'],
  { retryAfterMs: _, followers: __, ...outcome }: SentOutcome,
): Attempt {
  return { attempt, trigger, ...outcome };
}

/** Adds an attempt to a log, which stays small however often a delivery is asked for again: the oldest give way. */
export function logAttempt(attempts: readonly Attempt[], attempt: Attempt): Attempt[] {
  const kept = [...attempts, attempt].slice(-MAX_ATTEMPTS);
  return kept.map((entry, index) => (index < kept.length - MAX_BODIES ? withoutBody(entry) : entry));
}

function withoutBody({ responseBody: _, ...entry }: Attempt): Attempt {
  return entry;
}
