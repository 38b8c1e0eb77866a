/** A job whose items keep a journal, and what holds of it whatever happens to the workers and the server. */
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { ProgressBody, ResultBody } from '../../src/domain/events';
import { attemptsOf, Delivery, sequencesOf, statusesOf } from './deliveries';
import { itemsBegun, type Journal, type Run } from './journal';
import type { Arrived, Receiver } from './receiver';
import { until } from './until';

export class FaultJob {
  constructor(
    private readonly client: Client,
    readonly handle: JobHandle,
    readonly width: number,
    private readonly journal: Journal,
    readonly receiver: Receiver,
  ) {}

  runs(): Promise<Run[]> {
    return this.journal.runs();
  }

  /** 1 to the width: what the items answer, in order. */
  get items(): number[] {
    return Array.from({ length: this.width }, (_, index) => index + 1);
  }

  /** Waits until so many items have begun, each counted once. */
  async untilBegun(count: number, withinMs?: number): Promise<void> {
    await until(`${String(count)} items have begun`, async () => itemsBegun(await this.runs()) >= count, withinMs);
  }

  /** Waits until an item has begun. */
  untilRuns(item: number): Promise<Run> {
    return until(`item ${String(item)} has begun`, async () => (await this.runs()).find((run) => run.item === item));
  }

  /** The texts that were told of items that ran again or failed. */
  warnings(): string[] {
    return this.receiver.progress.flatMap(({ tasks = [] }) => tasks.flatMap(({ error }) => error ?? []));
  }

  /** When the server took blocks for lost, as its history says. */
  async timeouts(): Promise<number[]> {
    const { events } = await this.client.workflow.getHandle(this.handle.jobId).fetchHistory();
    return (events ?? []).flatMap(({ eventTime, activityTaskTimedOutEventAttributes: timedOut }) =>
      timedOut == null ? [] : tsToMs(eventTime),
    );
  }

  /** Waits until the job has ended and its webhooks are delivered, which must have told it as the contract says (§7). */
  async expectEnd(status: ResultBody['status'], withinMs?: number): Promise<ResultBody> {
    const result = await this.handle.result();
    expect(result.status, JSON.stringify(result).slice(0, 500)).to.equal(status);
    for (const kind of ['progress', 'result'] as const) {
      const delivery = new Delivery(this.client, this.handle.jobId, kind);
      // One that has closed sends nothing more.
      await until(`the end of the ${kind} delivery`, async () => (await delivery.status()) === 'COMPLETED', withinMs);
    }
    this.expectWebhooks(result);
    return result;
  }

  /** Every item has its result, in order, save those that have failed. */
  expectResults({ data = [] }: ResultBody, failed: readonly number[] = []): void {
    const errors = data.filter(({ error }) => error !== undefined);
    expect(errors.map(({ batchID }) => batchID)).to.deep.equal(failed.map((item) => `green#${String(item)}`));
    const expected = this.items.map((item) => (failed.includes(item) ? undefined : item));
    expect(data.map(({ result }) => result)).to.deep.equal(expected);
  }

  private expectWebhooks(result: ResultBody): void {
    const results = this.receiver.arrivedOn('/result');
    expect(statusesOf(results)).to.deep.equal([`result ${result.status}`]);
    expect(JSON.parse(results[0]?.text ?? '')).to.deep.equal(result);

    const arrived = this.receiver.arrivedOn('/progress');
    const sequences = sequencesOf(arrived);
    expect(sequences).to.deep.equal(sequences.toSorted((one, other) => one - other));
    const events = firstOfEach(arrived);
    const told = events.map(({ text }) => JSON.parse(text) as ProgressBody);
    const statuses = told.map((body) => body.status);
    const expected = statuses.map((_, position) => (position === 0 ? 'pending' : 'active'));
    expect(statuses).to.deep.equal([...expected.slice(0, -1), result.status]);
    for (const event of events) {
      // An attempt that was lost with its worker is over before the next, which sends the same bytes.
      const attempts = arrived.filter((other) => idOf(other) === idOf(event));
      const numbers = attemptsOf(attempts);
      expect(numbers).to.deep.equal([...new Set(numbers)].sort((one, other) => one - other));
      expect([...new Set(attempts.map(({ text }) => text))]).to.deep.equal([event.text]);
    }
  }
}

function idOf({ headers }: Arrived): string {
  return String(headers['webhook-id']);
}

/** What a receiver keeps that drops duplicates. */
function firstOfEach(arrived: readonly Arrived[]): Arrived[] {
  return arrived.filter((event, position) => arrived.findIndex((other) => idOf(other) === idOf(event)) === position);
}
