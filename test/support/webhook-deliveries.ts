/** Deliveries without a job: a worker that sends with a sender of the test's own, and the real workflow. */
import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createSendWebhook } from '../../activities';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import { createSender, type SenderOptions } from '../../src/webhooks/send';
import { DELIVERY, firstMemo, type DeliverWebhookInput } from '../../src/domain/delivery-input';
import { Delivery } from './deliveries';
import { quietRuntime } from './runtime';
import type { Suite } from './suite';

export interface WebhookWorker {
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** Serves `sendWebhook` and nothing else, on a task queue of its own. */
export async function startWebhookWorker({ temporal }: Suite, options: SenderOptions): Promise<WebhookWorker> {
  quietRuntime();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const sender = createSender(options);
  const taskQueue = `test-webhooks-${randomUUID()}`;
  const worker = await Worker.create({
    connection,
    namespace: temporal.client.options.namespace,
    taskQueue,
    activities: { sendWebhook: createSendWebhook(sender) },
  });
  const running = worker.run();
  return {
    taskQueue,
    async stop() {
      worker.shutdown();
      await running;
      await sender.close();
      await connection.close();
    },
  };
}

export interface DeliverOptions {
  readonly url: string;
  /** Of the webhook worker. */
  readonly taskQueue: string;
  readonly body: string;
  readonly retryScheduleMs: readonly number[];
  readonly attemptTimeoutMs: number;
  /** How long it stays when it is dead. @default not at all */
  readonly retentionMs?: number;
}

/** Starts the workflow `deliverWebhook` for a must-deliver event, on the workflows' worker of the suite. */
export async function deliver(suite: Suite, options: DeliverOptions): Promise<Delivery & { readonly id: string }> {
  const jobId = randomUUID();
  const id = `msg_${jobId.replaceAll('-', '')}`;
  const { body, retentionMs = 0, ...rest } = options;
  const input: DeliverWebhookInput = {
    jobId,
    kind: 'result',
    earlier: [],
    event: { webhookId: id, sequence: 1, body },
    hasPredecessor: false,
    progressTimeoutMs: options.attemptTimeoutMs,
    retentionMs,
    hasMemo: true,
    ...rest,
  };
  await suite.client.workflow.start('deliverWebhook', {
    workflowId: `${jobId}/result`,
    taskQueue: suite.worker.taskQueue,
    args: [input],
    memo: { [DELIVERY]: firstMemo(input) },
  });
  return Object.assign(new Delivery(suite.client, jobId, 'result'), { id });
}

/** The record of a delivery that is over. */
export async function ended(delivery: Delivery): Promise<DeliveryRecord> {
  const record = await delivery.ended();
  if (record === null) throw new Error('there was no event');
  return record;
}
