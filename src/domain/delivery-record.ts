import type { Attempt, WebhookKind } from './delivery';

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
  /** ISO 8601; only while an automatic attempt is planned. */
  readonly nextAttemptAt?: string;
  /** In the order in which they were made. */
  readonly attempts: readonly Attempt[];
}
