/** The record of a delivery as it grows, and all the places in which it is shown. */
import {
  log,
  metricMeter,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Attempt, AttemptOutcome } from '../src/domain/delivery';
import { DELIVERY, firstMemo, type DeliverWebhookInput, type DeliveryMemo } from '../src/domain/delivery-input';
import {
  changeRecord,
  logAttempt,
  toAttempt,
  type DeliveryChange,
  type DeliveryRecord,
  type DeliveryState,
} from '../src/domain/delivery-record';
import { compact, formatTimestamp } from '../src/domain/events';
import { deliveryQuery } from './messages';
import { WEBHOOK_STATE } from './search-attributes';

export class DeliveryLog {
  private current: DeliveryRecord;
  private endedAt: number | undefined;

  constructor(private readonly input: DeliverWebhookInput) {
    const createdAt = formatTimestamp(workflowInfo().startTime.getTime());
    this.current = input.record ?? changeRecord({ ...firstMemo(input).record, createdAt }, {});
    setHandler(deliveryQuery, () => this.current);
  }

  get record(): DeliveryRecord {
    return this.current;
  }

  get state(): DeliveryState {
    return this.current.state;
  }

  /** The number of the attempt that follows. */
  get nextAttempt(): number {
    return (this.current.attempts.at(-1)?.attempt ?? 0) + 1;
  }

  add(trigger: Attempt['trigger'], outcome: AttemptOutcome): void {
    const attempts = logAttempt(this.current.attempts, toAttempt(this.nextAttempt, trigger, outcome));
    this.update({ attempts, nextAttemptAt: undefined });
  }

  /** The next automatic attempt, in epoch milliseconds. */
  plan(at: number): void {
    this.update({ nextAttemptAt: formatTimestamp(at) });
    this.remember();
  }

  settle(state: DeliveryState, reason?: string): void {
    this.endedAt = Date.now();
    this.update({ state, reason, nextAttemptAt: undefined });
    if (workflowInfo().typedSearchAttributes.get(WEBHOOK_STATE) !== undefined) {
      upsertSearchAttributes([{ key: WEBHOOK_STATE, value: state }]);
    }
    if (state !== 'dead') return;
    this.remember();
    log.warn('webhook delivery is dead', { webhookId: this.current.id, reason });
    metricMeter
      .createCounter('webhook_deliveries_dead', 'deliveries', 'webhooks that were given up, by reason')
      .add(1, { kind: this.current.kind, reason: reason ?? 'unknown' });
  }

  /** For the time that the run stays open; once it has closed its result tells. */
  remember(): void {
    if (this.input.hasMemo !== true) return;
    const memo: DeliveryMemo = compact<DeliveryMemo>({ record: this.current, endedAt: this.endedAt });
    upsertMemo({ [DELIVERY]: memo });
  }

  private update(change: DeliveryChange): void {
    this.current = changeRecord(this.current, change);
    this.showDetails();
  }

  /** The current details of Temporal Web: how the delivery stands, in words. */
  private showDetails(): void {
    const { attempts, state, reason } = this.current;
    const last = attempts.at(-1);
    const answer = last === undefined ? '' : `, last answer ${String(last.statusCode ?? last.error)}`;
    const count = `${String(attempts.length)} ${attempts.length === 1 ? 'attempt' : 'attempts'}`;
    setCurrentDetails(`${state}${reason === undefined ? '' : ` (${reason})`} after ${count}${answer}`);
  }
}
