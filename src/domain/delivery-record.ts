import type { Attempt, WebhookKind } from './delivery';

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One must-deliver event and everything that was done to deliver it (contract §8). */
export interface DeliveryRecord {
  /** The event's `webhook-id`. */
  readonly id: string;
  readonly jobId: string;
  readonly kind: WebhookKind;
  readonly url: string;
  readonly state: DeliveryState;
  /** Why it is dead. */
  readonly reason?: string;
  readonly sequence: number;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  readonly nextAttemptAt?: string;
  readonly attempts: readonly Attempt[];
}
