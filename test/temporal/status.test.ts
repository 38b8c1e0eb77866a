import { Client } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineClient } from '../../src/client';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** Contract §8. */
const WITHIN_MS = 2_000;
/** How long the server takes to say what it knows. */
const SLOW_MS = 1_000;

describe('the status of a job whose worker is away', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);

  it('is told within two seconds, though the server itself is slow', async () => {
    const { client } = await sharedTemporal();
    const { connection, options } = client;
    const slow = new Client({
      connection,
      namespace: options.namespace,
      interceptors: {
        workflow: [
          {
            async describe(input, next) {
              await sleep(SLOW_MS);
              return await next(input);
            },
          },
        ],
      },
    });
    const pipelines = new PipelineClient(slow, { taskQueue: `nobody-${randomUUID()}` });
    const job = await pipelines.start({ name: 'lone', nodes: [{ nodeName: 'green', algorithmName: 'green-alg' }] });
    const asked = performance.now();
    expect(await job.status()).to.include({ status: 'pending', level: 'info' });
    expect(performance.now() - asked).to.be.within(SLOW_MS, WITHIN_MS);
    await client.workflow.getHandle(job.jobId).terminate('the test is over');
  });
});
