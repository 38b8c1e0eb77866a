/** The first attempt of each terminal event, which the job makes itself while it closes (DESIGN.md, «Deliveries»). */
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  isCancellation,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { SentOutcome, WebhookRequest } from '../src/domain/delivery';
import {
  firstRecord,
  type DeliverWebhookInput,
  type OutgoingEvent,
  type TakenDeliveries,
} from '../src/domain/delivery-input';
import { changeRecord } from '../src/domain/delivery-record';
import { formatTimestamp } from '../src/domain/events';
import { isLimited, type Limited } from '../src/domain/limited';
import { allElse } from './all-else';
import { DELIVERIES } from './messages';
import {
  toKeyword,
  WEBHOOK_ID,
  WEBHOOK_PROGRESS_ID,
  WEBHOOK_PROGRESS_URL,
  WEBHOOK_STATE,
  WEBHOOK_URL,
} from './search-attributes';
import { attemptPriority, longestAttemptMs, offerAttempt } from './send-attempt';

/** Of the progress deadline; the rest is for asking whether an attempt that is not over was begun at all. */
const WINDOW_SHARE = 0.8;

/** Of what the job has for it: an attempt that may last longer is told of to its delivery. Clocks may differ a little. */
const REPORTED_SHARE = 0.8;
/** What the server is given at least to take an attempt back. */
const LEAST_WAIT_MS = 500;

type Answer = SentOutcome | Limited | 'not begun';

export class FirstAttempts {
  private readonly endedAt = Date.now();
  private taken: TakenDeliveries = {};

  /** @param progressTimeoutMs how long the job's workflow may stay open (contract §7) */
  constructor(private readonly progressTimeoutMs: number) {}

  /**
   * Makes the first attempt, if it is this event's turn and there is time.
   *
   * @returns what the delivery has to go on with; undefined where the receiver has taken the event
   */
  async make(input: DeliverWebhookInput): Promise<DeliverWebhookInput | undefined> {
    const { event } = input;
    const until = this.endedAt + this.progressTimeoutMs * WINDOW_SHARE;
    if (event === undefined || !isItsTurn(input, event) || Date.now() >= until) return input;
    const request: WebhookRequest = {
      webhookId: event.webhookId,
      sequence: event.sequence,
      body: event.body,
      url: input.url,
      kind: input.kind,
      attempt: 1,
      deadlineMs: input.attemptTimeoutMs,
      report: { firstRunId: input.firstRunId ?? '', afterMs: (until - Date.now()) * REPORTED_SHARE },
    };
    const createdAt = formatTimestamp(Date.now());
    const answer = await this.askUntil(until, request, input.taskQueue);
    if (answer === undefined) return { ...input, inFlightUntil: Date.now() + longestAttemptMs(request) };
    if (answer === 'not begun') return input;
    // It was no attempt: it is its turn then.
    if (isLimited(answer)) return { ...input, event: { ...event, notBefore: Date.now() + answer.limitedMs } };
    if (answer.error !== undefined) return { ...input, made: answer };
    const record = changeRecord({ createdAt, ...firstRecord({ ...input, made: answer }) }, { state: 'delivered' });
    this.taken = { ...this.taken, [input.kind]: record };
    return undefined;
  }

  /** Has the job's own run tell of what was taken, once its workflow has closed. */
  tell(): void {
    const { progress, result } = this.taken;
    if (progress === undefined && result === undefined) return;
    upsertMemo({ [DELIVERIES]: this.taken });
    upsertSearchAttributes([
      { key: WEBHOOK_STATE, value: 'delivered' },
      ...(result === undefined
        ? []
        : [
            { key: WEBHOOK_ID, value: result.id },
            { key: WEBHOOK_URL, value: toKeyword(result.url) },
          ]),
      ...(progress === undefined
        ? []
        : [
            { key: WEBHOOK_PROGRESS_ID, value: progress.id },
            { key: WEBHOOK_PROGRESS_URL, value: toKeyword(progress.url) },
          ]),
    ]);
  }

  /** @returns undefined where it is not over by then */
  private async askUntil(until: number, request: WebhookRequest, taskQueue: string): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    const scope = new CancellationScope();
    const options = {
      taskQueue,
      priorityKey: attemptPriority(1),
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    };
    const made = scope.run(() => offerAttempt(request, options, 0));
    void made
      .catch((error: unknown) => {
        if (isCancellation(error)) return 'not begun' as const;
        throw error;
      })
      .then((told) => {
        answer = told;
      });
    await condition(() => answer !== undefined, until - Date.now());
    if (answer !== undefined) return answer;
    // The server takes an attempt back that no worker has taken yet, and no other.
    scope.cancel();
    const leftMs = this.endedAt + this.progressTimeoutMs - Date.now();
    await condition(() => answer !== undefined, Math.max(LEAST_WAIT_MS, leftMs));
    // The timer may have fired together with what it waited for.
    await allElse();
    return answer;
  }
}

/** What goes before it, or has to be waited for, is its delivery's business. */
function isItsTurn(
  { earlier, gone, hasPredecessor, quietUntil, retryScheduleMs }: DeliverWebhookInput,
  event: OutgoingEvent,
): boolean {
  const [firstDelayMs = 0] = retryScheduleMs;
  return (
    firstDelayMs === 0 &&
    earlier.length === 0 &&
    gone !== true &&
    !hasPredecessor &&
    quietUntil === undefined &&
    event.attempts === undefined &&
    event.notBefore === undefined
  );
}
