/** What the workflow `deliverWebhook` is started with, whoever starts it, and what its memo tells without it. */
import type { WebhookKind } from './delivery';
import type { DeliveryRecord } from './delivery-record';

/**
 * The workflow of a delivery.
 *
 * @param firstRunId of a job whose id an earlier job had, a delivery of which is still open: it keeps its own
 */
export function deliveryId(jobId: string, kind: WebhookKind, firstRunId?: string): string {
  return [jobId, kind, ...(firstRunId === undefined ? [] : [firstRunId])].join('/');
}

/** An event whose bytes are fixed. */
export interface OutgoingEvent {
  readonly webhookId: string;
  readonly sequence: number;
  readonly body: string;
  /** How many attempts the job has made of it. Default 0. */
  readonly attempts?: number;
  /** Epoch milliseconds before which it is not tried again. */
  readonly notBefore?: number;
}

export interface DeliverWebhookInput {
  readonly jobId: string;
  /** Of the runs of the job, which may not be the only one of its id. Absent in what an earlier version has started. */
  readonly firstRunId?: string;
  readonly kind: WebhookKind;
  readonly url: string;
  /**
   * Until when an attempt of the job's own may be in flight, in epoch milliseconds: nothing is sent before. Default: none
   * is.
   */
  readonly quietUntil?: number;
  /** Progress events that the job had not sent when it ended: they go first, each as latest-wins. */
  readonly earlier: readonly OutgoingEvent[];
  /** The must-deliver event; absent where the subscriber's level lets no terminal event pass. */
  readonly event?: OutgoingEvent;
  /** The receiver has answered 410 to the job: the event is dead before its first attempt. Default false. */
  readonly gone?: boolean;
  /** The workflow id of the delivery that waits for this one, since both go to one URL. */
  readonly successor?: string;
  /** Whether to wait for another delivery to the same URL. */
  readonly hasPredecessor: boolean;
  readonly taskQueue: string;
  readonly progressTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly retryScheduleMs: readonly number[];
  readonly retentionMs: number;
  /** Whether it was started with a memo. Absent in what an earlier version has started, which goes on by its rules. */
  readonly hasMemo?: boolean;
  /** Of one that has closed and is asked for again: what it came to. Only manual attempts follow then. */
  readonly record?: DeliveryRecord;
}

/** The memo of a delivery that is open, so that the server tells of it with no worker. */
export interface DeliveryMemo {
  /** Without its time before the delivery's own first word: it is the start of the run. */
  readonly record: Omit<DeliveryRecord, 'createdAt'> & { readonly createdAt?: string };
  /** Epoch milliseconds; since when it is no longer pending. */
  readonly endedAt?: number;
}

/** What is told of a delivery before its own first word. */
export function firstMemo({ jobId, kind, url, event }: DeliverWebhookInput): DeliveryMemo {
  const { webhookId: id = '', sequence = 0 } = event ?? {};
  return { record: { id, jobId, kind, url, state: 'pending', sequence, attempts: [] } };
}
