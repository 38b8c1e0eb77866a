import { after, before } from 'mocha';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { AttemptOutcome, WebhookRequest } from '../../src/domain/delivery';
import type { DeliverWebhookInput } from '../../src/domain/delivery-input';
import { useWorker } from '../support/suite';

// What waits for a place at its host while something else waits for it.

const TEN_MINUTES = 600_000;

describe('an event that a job has left behind', () => {
  const suite = useWorker({ algorithms: {} });
  const taskQueue = `places-${randomUUID()}`;
  const asked: number[] = [];
  let connection: NativeConnection;
  let worker: Worker;
  let running: Promise<void>;

  /** As a worker answers that has no place for the first event. */
  const sendWebhook = ({ sequence }: WebhookRequest): Promise<AttemptOutcome | object> => {
    asked.push(sequence);
    const outcome = { startedAt: new Date().toISOString(), durationMs: 0 };
    return Promise.resolve(
      sequence === 1 ? { ...outcome, error: 'unknown', limitedMs: TEN_MINUTES } : { ...outcome, statusCode: 200 },
    );
  };

  before(async () => {
    connection = await NativeConnection.connect({ address: suite.temporal.address });
    const { namespace } = suite.client.options;
    worker = await Worker.create({ connection, namespace, taskQueue, activities: { sendWebhook } });
    running = worker.run();
  });
  after(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });

  it('does not hold the terminal one for longer than five minutes', async () => {
    const input: DeliverWebhookInput = {
      jobId: 'places',
      kind: 'progress',
      url: 'http://127.0.0.1:1/',
      earlier: [1, 2].map((sequence) => ({ webhookId: `msg_${String(sequence)}`, sequence, body: '{}' })),
      event: { webhookId: 'msg_3', sequence: 3, body: '{}' },
      hasPredecessor: false,
      taskQueue,
      progressTimeoutMs: 1_000,
      attemptTimeoutMs: 1_000,
      retryScheduleMs: [0],
      retentionMs: 0,
    };
    const workflowId = `places-${randomUUID()}`;
    const args = [input];
    const options = { workflowId, taskQueue: suite.worker.taskQueue, args };
    expect(await suite.client.workflow.execute('deliverWebhook', options)).to.include({ state: 'delivered' });
    expect(asked).to.deep.equal([1, 3]);
  });
});
