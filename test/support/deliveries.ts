/** What tests ask of webhooks: the id that a receiver drops duplicates by, and the record of a delivery. */
import { createHash } from 'node:crypto';
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { WebhookKind } from '../../src/domain/delivery';
import type { TakenDeliveries } from '../../src/domain/delivery-input';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import { DELIVERIES, deliveryQuery, redeliverSignal } from '../../workflows/messages';
import { expect } from 'chai';
import type { Arrived, Receiver } from './receiver';
import { until } from './until';

/** By DESIGN.md, written anew: the test of the id that the workflows make. */
export async function expectedId(client: Client, jobId: string, kind: WebhookKind, position: string): Promise<string> {
  const { runId } = await client.workflow.getHandle(jobId).describe();
  const key = `${client.options.namespace}\n${runId}\n${kind}\n${position}`;
  return `msg_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** The delivery of a job's terminal progress event, or of its result. */
export class Delivery {
  readonly handle: WorkflowHandle<() => Promise<DeliveryRecord | null>>;

  constructor(
    private readonly client: Client,
    private readonly jobId: string,
    private readonly kind: WebhookKind,
  ) {
    this.handle = client.workflow.getHandle(`${jobId}/${kind}`);
  }

  record(): Promise<DeliveryRecord> {
    return this.unlessTaken(
      () => this.handle.query(deliveryQuery),
      (taken) => taken,
    );
  }

  /** @returns its record once it has closed; null where there was no event */
  async ended(): Promise<DeliveryRecord | null> {
    // Its job, if it has one, makes the first attempt, and has no delivery before that is over.
    const job = this.client.workflow.getHandle(this.jobId).result();
    await job.catch(() => undefined);
    return await this.unlessTaken<DeliveryRecord | null>(
      () => this.handle.result(),
      (taken) => taken,
    );
  }

  redeliver(): Promise<void> {
    return this.handle.signal(redeliverSignal);
  }

  until(what: string, holds: (record: DeliveryRecord) => boolean, withinMs?: number): Promise<DeliveryRecord> {
    return until(
      what,
      async () => {
        const record = await this.record().catch((error: unknown) => {
          // Its job still makes the first attempt.
          if (error instanceof WorkflowNotFoundError) return undefined;
          throw error;
        });
        return record !== undefined && holds(record) && record;
      },
      withinMs,
    );
  }

  /** Temporal's, of its workflow. */
  status(): Promise<string> {
    return this.unlessTaken(
      async () => (await this.handle.describe()).status.name,
      () => 'COMPLETED',
    );
  }

  /** What was taken at the job's own attempt has no workflow: the job's memo tells of it. */
  private async unlessTaken<T>(ask: () => Promise<T>, of: (taken: DeliveryRecord) => T): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      const { memo } = await this.client.workflow.getHandle(this.jobId).describe();
      const taken = (memo?.[DELIVERIES] as TakenDeliveries | undefined)?.[this.kind];
      if (taken === undefined) throw error;
      return of(taken);
    }
  }
}

export function attemptsOf(requests: readonly Arrived[]): number[] {
  return requests.map(({ headers }) => Number(headers['x-pipeline-attempt']));
}

export function sequencesOf(requests: readonly Arrived[]): number[] {
  return requests.map(({ headers }) => Number(headers['x-pipeline-sequence']));
}

/** What each request told, in a word: the status of its job. */
export function statusesOf(requests: readonly Arrived[]): string[] {
  return requests.map(({ headers, text }) => {
    const { status } = JSON.parse(text) as { status: string };
    return headers['x-pipeline-event'] === 'result' ? `result ${status}` : status;
  });
}

/**
 * The log of a delivery is what its receiver has seen: the same bytes under one id, each attempt once and in order, with the
 * status that was answered; of one that is lost nobody could tell whether it has arrived.
 *
 * @returns how many of its attempts the receiver has taken
 */
export function expectAgreement({ id, attempts }: DeliveryRecord, to: Receiver): number {
  const isOwn = ({ headers }: Arrived): boolean => headers['webhook-id'] === id;
  const [arrived, answered] = [to.arrived.filter(isOwn), to.received.filter(isOwn)];
  expect(new Set(arrived.map(({ text }) => text)).size, id).to.equal(1);
  const numbers = attemptsOf(arrived);
  expect(numbers, id).to.deep.equal([...new Set(numbers)].sort((one, other) => one - other));
  expect(attempts.map(({ attempt }) => attempt)).to.deep.equal(attempts.map((_, index) => index + 1));
  expect(attempts.length).to.be.at.least(Math.max(...numbers));
  attempts.forEach(({ attempt, statusCode, error, startedAt }, index) => {
    if (error !== 'lost') {
      const status = answered.find((request) => attemptsOf([request])[0] === attempt)?.answered;
      expect(statusCode, `${id}, attempt ${String(attempt)}`).to.equal(status);
    }
    const { startedAt: before = startedAt, durationMs = 0 } = attempts[index - 1] ?? {};
    expect(Date.parse(startedAt)).to.be.at.least(Date.parse(before) + Math.floor(durationMs));
  });
  return answered.filter((request) => request.answered < 300).length;
}
