import type { Client } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineClient } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { RUN_PIPELINE } from '../../workflows/messages';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { intercepted } from '../support/intercepted';
import { rejection } from '../support/rejection';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** Contract §8. */
const WITHIN_MS = 2_000;
/** Whoever waits for a worker waits for less than ten. */
const RESULTS_WITHIN_MS = 9_000;
/** How long the server takes to say what it knows. */
const SLOW_MS = 1_000;

describe('a job whose worker is away, on a slow server', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const taskQueue = `nobody-${randomUUID()}`;
  const pipeline: Pipeline = { name: 'lone', nodes: [{ nodeName: 'green', algorithmName: 'green-alg' }] };
  const started: string[] = [];
  let client: Client;
  let pipelines: PipelineClient;

  before(async () => {
    ({ client } = await sharedTemporal());
    const slow = intercepted(client, {
      async describe(input, next) {
        await sleep(SLOW_MS);
        return await next(input);
      },
    });
    pipelines = new PipelineClient(slow, { taskQueue });
  });
  after(async () => {
    for (const jobId of started) await client.workflow.getHandle(jobId).terminate('the test is over');
  });

  it('tells its status within two seconds', async () => {
    const job = await pipelines.start(pipeline);
    started.push(job.jobId);
    const asked = performance.now();
    expect(await job.status()).to.include({ status: 'pending', level: 'info' });
    expect(performance.now() - asked).to.be.within(SLOW_MS, WITHIN_MS);
  });

  it('has no results within nine seconds, where it has ended and is still at work', async () => {
    const workflowId = `lone:${randomUUID()}`;
    // As the server knows a job that is handing its webhooks over.
    const typedSearchAttributes = [{ key: PIPELINE_STATUS, value: 'completed' }];
    await client.workflow.start(RUN_PIPELINE, { workflowId, taskQueue, args: [pipeline], typedSearchAttributes });
    started.push(workflowId);
    const asked = performance.now();
    const error = await rejection(pipelines.getHandle(workflowId).results());
    expect(error).to.include({
      code: 'Unavailable',
      message: `no worker told the results of ${workflowId} in time`,
    });
    expect(performance.now() - asked).to.be.below(RESULTS_WITHIN_MS);
  });
});
