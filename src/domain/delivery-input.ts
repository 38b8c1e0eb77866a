/** What the workflow `deliverWebhook` is started with, whoever starts it, and what its memo tells without it. */
import type { AttemptOutcome, WebhookKind } from './delivery';
import { logAttempt, toAttempt, type DeliveryRecord } from './delivery-record';

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
  /** The first attempt, made by the job itself, and not taken. Default: it made none, or has not heard of it. */
  readonly made?: AttemptOutcome;
  /**
   * Until when the first attempt may last, in epoch milliseconds, that the job has begun: the signal `attemptOver` tells of
   * it, and otherwise it is lost. Default: none was begun.
   */
  readonly inFlightUntil?: number;
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

/**
 * The terminal events that their receivers have taken at the first attempt, which the job makes itself: they have no
 * workflow, and the job's memo holds their records. Each is `delivered`, with one attempt.
 */
export type TakenDeliveries = Readonly<Partial<Record<WebhookKind, DeliveryRecord>>>;

/** Memo of a `deliverWebhook` that is open: a {@link DeliveryMemo}. */
export const DELIVERY = 'delivery';

/** The signal to `deliverWebhook` from the activity that makes its first attempt: an {@link AttemptOver}. */
export const ATTEMPT_OVER = 'attemptOver';

/** What the first attempt of a delivery came to, which its job has begun. */
export interface AttemptOver {
  readonly webhookId: string;
  readonly outcome: AttemptOutcome;
}

/** What is told of a delivery before its own first word. */
export function firstMemo(input: DeliverWebhookInput): DeliveryMemo {
  return { record: firstRecord(input) };
}

/** Its record as it begins: with the attempt that its job has made, if it has. */
export function firstRecord({ jobId, kind, url, event, made }: DeliverWebhookInput): DeliveryMemo['record'] {
  const { webhookId: id = '', sequence = 0 } = event ?? {};
  const attempts = made === undefined ? [] : logAttempt([], toAttempt(1, 'auto', made));
  return { id, jobId, kind, url, state: 'pending', sequence, attempts };
}
