import { NativeConnection, Worker } from '@temporalio/worker';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient } from '../../src/client';
import { PipelinesPlugin } from '../../src/plugin';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// An algorithm that nobody serves (contract §6, the last rule).

const WAIT = { algorithmWaitMs: 3_000 };
const document = { name: 'unserved', nodes: [{ nodeName: 'one', algorithmName: 'new-alg', input: ['#[1,2]'] }] };
const FAILED = { level: 'critical', status: 'failed', error: 'no worker serves algorithm new-alg', nodeName: 'one' };

describe('an algorithm that no worker serves', () => {
  const suite = useWorker({ algorithms: { 'old-alg': () => 'old' } });

  it('fails its job where the workers do not have it', async () => {
    const job = await suite.start(document, WAIT);
    const { startTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    const { timestamp } = await job.result();
    expect(await job.status()).to.include(FAILED);
    expect(Date.parse(timestamp) - startTime.getTime()).to.be.within(3_000, 8_000);
  });

  it('runs where a newer worker that has it comes in time', async () => {
    const job = await suite.start(document, { algorithmWaitMs: 60_000 });
    await until('it was refused', async () => {
      return (await job.status()).data?.details === '0.00% completed, 2 pending';
    });
    await suite.restartWorker({ algorithms: { 'new-alg': ({ input: [item] }) => item } });
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([1, 2]);
  });

  it('fails its job where nobody asks for work but those who run workflows', async () => {
    const taskQueue = `test-${randomUUID()}`;
    const connection = await NativeConnection.connect({ address: suite.temporal.address });
    const worker = await Worker.create({
      connection,
      taskQueue,
      plugins: [new PipelinesPlugin({ algorithms: {} })],
      enableNonLocalActivities: false,
    });
    await worker.runUntil(async () => {
      const job = await new PipelineClient(suite.client, { taskQueue, settings: WAIT }).start(document);
      expect((await job.result()).status).to.equal('failed');
      expect(await job.status()).to.include(FAILED);
    });
    await connection.close();
  });
});
