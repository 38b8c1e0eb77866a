/** What tests ask of webhooks: the id that a receiver drops duplicates by, and the record of a delivery. */
import { createHash } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { WebhookKind } from '../../src/domain/delivery';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import { deliveryQuery, redeliverSignal } from '../../workflows/messages';
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

  constructor(client: Client, jobId: string, kind: WebhookKind) {
    this.handle = client.workflow.getHandle(`${jobId}/${kind}`);
  }

  record(): Promise<DeliveryRecord> {
    return this.handle.query(deliveryQuery);
  }

  redeliver(): Promise<void> {
    return this.handle.signal(redeliverSignal);
  }

  until(what: string, holds: (record: DeliveryRecord) => boolean, withinMs?: number): Promise<DeliveryRecord> {
    return until(
      what,
      async () => {
        const record = await this.record();
        return holds(record) && record;
      },
      withinMs,
    );
  }

  async status(): Promise<string> {
    return (await this.handle.describe()).status.name;
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
