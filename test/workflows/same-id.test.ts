import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Pipeline } from '../../src/domain/pipeline';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { attemptsOf, expectedId, sequencesOf, statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import type { Answer, Receiver } from '../support/receiver';
import { lookOnce, terminateJob } from '../support/reconciler';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// A workflow id may be used again once its job has closed: by a team with ids of its own, or after the retention.

const RETRIED_LATER = { retryScheduleMs: [0, 60_000] };

describe('a job of an id that an earlier one had', () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      wait: ({ jobId }, { signal }) => gate.wait(jobId, signal),
    },
  });
  const listen = useReceiver();

  async function start(
    jobId: string,
    value: unknown,
    webhooks: Pipeline['webhooks'],
    settings: Partial<JobSettings> = {},
  ): Promise<void> {
    const nodes = [{ nodeName: 'one', algorithmName: value === 'wait' ? 'wait' : 'echo', input: [value] }];
    await suite.client.workflow.start('runPipeline', {
      workflowId: jobId,
      taskQueue: suite.worker.taskQueue,
      args: [{ name: 'ended', nodes, webhooks }, settings],
      typedSearchAttributes: [{ key: PIPELINE_STATUS, value: 'pending' }],
    });
  }

  /** Both have ended, and each is told by an event of its own. */
  async function runTwice(to: Receiver, webhooks: Pipeline['webhooks']): Promise<{ jobId: string; ids: string[] }> {
    const jobId = `ended:${randomUUID()}`;
    const ids: string[] = [];
    for (const value of ['first', 'second']) {
      await start(jobId, value, webhooks, RETRIED_LATER);
      ids.push(await expectedId(suite.client, jobId, 'result', 'end'));
      await suite.client.workflow.getHandle(jobId).result();
      await to.until(({ arrived }) => arrived.some(({ headers }) => headers['webhook-id'] === ids.at(-1)));
    }
    return { jobId, ids };
  }

  /** Takes only what is told of the second. */
  const refusesTheFirst: Answer = ({ text }) => (text.includes('"second"') ? 200 : 503);

  function listed(jobId: string, count: number): Promise<readonly DeliveryRecord[]> {
    return until(`${String(count)} are listed`, async () => {
      const { hits } = await suite.worker.client.deliveries.list({ jobId });
      return hits.length === count && hits;
    });
  }

  it('tells its result, where that of the earlier one still waits', async () => {
    const to = await listen(refusesTheFirst);
    const { jobId, ids } = await runTwice(to, { result: to.webhooks.result });
    expect(to.results.map(({ data }) => data?.[0]?.result)).to.deep.equal(['second']);
    const { deliveries } = suite.worker.client;
    await until('both are listed', async () => {
      const { hits } = await deliveries.list({ jobId });
      const states = ids.map((id) => hits.find((hit) => hit.id === id)?.state);
      return hits.length === 2 && states[0] === 'pending' && states[1] === 'delivered';
    });
    await deliveries.redeliver(String(ids[0]));
    await until('it was asked for', async () => (await deliveries.get(String(ids[0]))).attempts.length === 2);
    await deliveries.redeliver(String(ids[1]));
    await to.until(({ results }) => results.length === 2);
    const job = suite.worker.client.getHandle(jobId);
    expect((await job.webhook('result'))?.outcome).to.include({ statusCode: 200 });
  });

  it('leaves its own delivery alone, where it is reset after that was handed over', async () => {
    let refuses = true;
    const to = await listen(() => (refuses ? 503 : 200));
    const jobId = `ended:${randomUUID()}`;
    await start(jobId, 'first', { result: to.webhooks.result }, { retryScheduleMs: [0, 3_000] });
    const handle = suite.client.workflow.getHandle(jobId);
    await handle.result();
    await to.until(({ received }) => received.length === 1);
    refuses = false;
    await suite.command('reset', '--workflow-id', jobId, '--type', 'FirstWorkflowTask', '--reason', 'a mistake');
    await handle.result();
    await to.until(({ results }) => results.length === 1);
    await suite.client.workflow.getHandle(`${jobId}/result`).result();
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2]);
  });

  it('keeps the order of both its webhooks on one URL', async () => {
    // Whatever is told of the first has no result yet.
    let refuses = true;
    const to = await listen(() => (refuses ? 503 : 200));
    const jobId = `ended:${randomUUID()}`;
    await start(jobId, 'first', to.sharedWebhooks, { retryScheduleMs: [0, 60_000], progressTimeoutMs: 500 });
    await suite.client.workflow.getHandle(jobId).result();
    await to.until(({ arrived }) => statusesOf(arrived).includes('completed'));
    refuses = false;
    await start(jobId, 'second', to.sharedWebhooks, RETRIED_LATER);
    await to.until(({ received }) => statusesOf(received).includes('result completed'));
    const told = to.received.filter(({ answered }) => answered === 200);
    expect(statusesOf(told).slice(-2)).to.deep.equal(['completed', 'result completed']);
    expect(told.at(-1)?.text).to.include('"second"');
  });

  it('is told of where it was ended from outside, and the earlier one still waits', async () => {
    const to = await listen(({ text }) => (text.includes('"failed"') ? 200 : 503));
    const jobId = `ended:${randomUUID()}`;
    const webhooks = { result: to.webhooks.result };
    await start(jobId, 'first', webhooks, RETRIED_LATER);
    await suite.client.workflow.getHandle(jobId).result();
    await to.until(({ received }) => received.length === 1);
    await start(jobId, 'wait', webhooks, RETRIED_LATER);
    await terminateJob(suite.client, jobId);
    const state = await lookOnce(suite.client, suite.worker.taskQueue);
    await to.until(({ results }) => results.length === 1);
    expect(to.arrived[1]?.headers['webhook-id']).to.equal(await expectedId(suite.client, jobId, 'result', 'end'));
    // Nor is it told of once more by the next look, whatever that remembers.
    await lookOnce(suite.client, suite.worker.taskQueue, state);
    await lookOnce(suite.client, suite.worker.taskQueue);
    expect(await listed(jobId, 2)).to.have.length(2);
    expect(to.arrived).to.have.length(2);
  });

  it('leaves the end of the earlier one to be told of, which was ended from outside just before', async () => {
    const to = await listen();
    const jobId = `ended:${randomUUID()}`;
    await start(jobId, 'wait', to.sharedWebhooks);
    const job = suite.worker.client.getHandle(jobId);
    await until('it is told of', async () => (await job.webhook('progress'))?.status === 'active');
    const ids = [await expectedId(suite.client, jobId, 'progress', 'end')];
    ids.push(await expectedId(suite.client, jobId, 'result', 'end'));
    await terminateJob(suite.client, jobId);
    await start(jobId, 'second', to.sharedWebhooks);
    ids.push(await expectedId(suite.client, jobId, 'result', 'end'));
    await to.until(({ arrived }) => arrived.length === 6);
    await suite.client.workflow.getHandle(`${jobId}/result`).result();
    for (let look = 0; look < 2; look++) await lookOnce(suite.client, suite.worker.taskQueue);
    await to.until(({ received }) => received.length === 8);
    const told = to.arrived.slice(6);
    expect(statusesOf(told)).to.deep.equal(['failed', 'result failed']);
    expect(told.map(({ headers }) => headers['webhook-id'])).to.deep.equal(ids.slice(0, 2));
    expect(sequencesOf(told)).to.deep.equal([3, 4]);
    // All four are there, each by its own.
    const hits = await listed(jobId, 4);
    expect(hits.map(({ id }) => id)).to.include.members(ids);
    expect(to.arrived).to.have.length(8);
  });

  it('is told of where it was ended from outside, and the earlier one was delivered', async () => {
    const to = await listen();
    const jobId = `ended:${randomUUID()}`;
    await start(jobId, 'first', to.webhooks);
    const earlier = await expectedId(suite.client, jobId, 'result', 'end');
    await suite.client.workflow.getHandle(jobId).result();
    await to.until(({ results }) => results.length === 1);
    for (const kind of ['progress', 'result']) await suite.client.workflow.getHandle(`${jobId}/${kind}`).result();
    await start(jobId, 'wait', to.webhooks);
    const job = suite.worker.client.getHandle(jobId);
    // No attempt is in flight: it would be waited for.
    await until('it is told of', async () => (await job.webhook('progress'))?.status === 'active');
    await terminateJob(suite.client, jobId);
    await lookOnce(suite.client, suite.worker.taskQueue);
    await to.until(({ results }) => results.length === 2);
    const result = to.arrivedOn('/result')[1];
    const id = await expectedId(suite.client, jobId, 'result', 'end');
    expect(result?.headers['webhook-id']).to.equal(id);
    expect(result?.text).to.equal(JSON.stringify(await job.results()));
    // The earlier event is gone, and never stands for the later one.
    const { deliveries } = suite.worker.client;
    await until('it is listed', () =>
      deliveries.get(id).then(
        () => true,
        () => false,
      ),
    );
    expect(await rejection(deliveries.get(earlier))).to.have.property('code', 'NotFound');
    expect(await rejection(deliveries.redeliver(earlier))).to.have.property('code', 'NotFound');
    expect(to.results).to.have.length(2);
  });
});
