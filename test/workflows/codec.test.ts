import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient } from '../../src/client';
import { PipelinesPlugin } from '../../src/plugin';
import { parseAllowList } from '../../src/webhooks/guard';
import { quietRuntime } from '../support/runtime';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** As one that encrypts: nobody reads what it has made without it. */
class Mirror implements PayloadCodec {
  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map(({ data, metadata }) => ({
        metadata: { ...metadata, inner: metadata?.['encoding'] ?? new Uint8Array(), encoding: Buffer.from('mirrored') },
        data: Uint8Array.from(data ?? []).reverse(),
      })),
    );
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map(({ data, metadata }) => ({
        metadata: { encoding: metadata?.['inner'] ?? new Uint8Array() },
        data: Uint8Array.from(data ?? []).reverse(),
      })),
    );
  }
}

// A team that encrypts what Temporal keeps gives its worker and its client a data converter.

describe('a worker with a codec', () => {
  const listen = useReceiver();

  it('runs jobs, and sends their webhooks', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    quietRuntime();
    const temporal = await sharedTemporal();
    const connection = await NativeConnection.connect({ address: temporal.address });
    const taskQueue = `codec-${randomUUID()}`;
    const dataConverter = { payloadCodecs: [new Mirror()] };
    const plugin = new PipelinesPlugin({
      algorithms: { echo: ({ input }) => input[0] },
      webhooks: { allow: parseAllowList('127.0.0.0/8') },
      reconcile: false,
    });
    const worker = await Worker.create({ connection, taskQueue, dataConverter, plugins: [plugin] });
    const client = new Client({ connection: temporal.client.connection, dataConverter });
    const to = await listen();
    try {
      await worker.runUntil(async () => {
        const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
        const webhooks = { result: `${to.url}/result` };
        const job = await new PipelineClient(client, { taskQueue }).start({ name: 'coded', nodes, webhooks });
        expect(await job.result()).to.include({ status: 'completed' });
        await to.until(() => to.results.length === 1);
        expect(to.results[0]).to.include({ jobId: job.jobId, status: 'completed' });
      });
    } finally {
      await connection.close();
    }
  });
});
