import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import { useFacade } from '../support/facade';
import { lookOnce, terminateJob } from '../support/reconciler';
import { NEVER } from '../support/receiver';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// Whoever starts a job straight on Temporal (contract §11) gives it no search attributes, and has the record all the same.

describe('the deliveries of a job that was started straight on Temporal', () => {
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    },
    settings: { progressTimeoutMs: 1_000 },
  });
  const facade = useFacade(suite, ['echo', 'wait']);
  const listen = useReceiver();

  async function start(algorithmName: string, url: string, settings: Partial<JobSettings> = {}): Promise<string> {
    const jobId = `straight:${randomUUID()}`;
    const nodes = [{ nodeName: 'one', algorithmName, input: [1] }];
    await suite.client.workflow.start('runPipeline', {
      workflowId: jobId,
      taskQueue: suite.worker.taskQueue,
      args: [{ name: 'straight', nodes, webhooks: { result: url } }, settings],
    });
    return jobId;
  }

  function listed(jobId: string, holds: (record: DeliveryRecord) => boolean): Promise<DeliveryRecord> {
    return until('it is listed', async () => {
      const { hits } = await suite.worker.client.deliveries.list({ jobId });
      expect(hits.length).to.be.at.most(1);
      return hits[0] !== undefined && holds(hits[0]) && hits[0];
    });
  }

  it('are listed, and sent again by their id', async () => {
    const to = await listen((_, count) => (count === 1 ? 410 : 200));
    const jobId = await start('echo', `${to.url}/result`);
    const { id } = await listed(jobId, ({ state }) => state === 'dead');
    await suite.worker.client.deliveries.redeliver(id);
    await to.until(({ results }) => results.length === 1);
    expect((await listed(jobId, ({ state }) => state === 'delivered')).attempts).to.have.length(2);
  });

  it('are listed where it was ended from outside', async () => {
    const to = await listen();
    const jobId = await start('wait', `${to.url}/result`);
    await terminateJob(suite.client, jobId);
    await lookOnce(suite.client, suite.worker.taskQueue);
    await listed(jobId, ({ state }) => state === 'delivered');
    expect(to.results).to.have.length(1);
  });

  it('tell the attempt that was being made when one was ended from outside, and are listed once', async () => {
    const hanging = new Set([1, 3]);
    const to = await listen((_, count) => (hanging.has(count) ? NEVER : 200));
    const jobId = await start('echo', `${to.url}/result`);
    const delivery = suite.client.workflow.getHandle(`${jobId}/result`);
    const told = ({ attempts }: DeliveryRecord) =>
      attempts.map(({ attempt, trigger, error, statusCode }) => [attempt, trigger, error ?? statusCode]);
    await to.until(({ arrived }) => arrived.length === 1);
    await delivery.terminate();
    const dead = await listed(jobId, ({ state }) => state === 'dead');
    expect(told(dead)).to.deep.equal([[1, 'auto', 'lost']]);
    const { deliveries } = suite.worker.client;
    await deliveries.redeliver(dead.id);
    await listed(jobId, ({ state }) => state === 'delivered');
    // A delivered one stays so, whatever becomes of what was asked for afterwards.
    await deliveries.redeliver(dead.id);
    await to.until(({ arrived }) => arrived.length === 3);
    await delivery.terminate();
    const again = await listed(jobId, ({ attempts }) => attempts.length === 3);
    expect(again.state).to.equal('delivered');
    expect(told(again)).to.deep.equal([
      [1, 'auto', 'lost'],
      [2, 'manual', 200],
      [3, 'manual', 'lost'],
    ]);
    expect(to.arrived.map(({ headers }) => headers['x-pipeline-attempt'])).to.deep.equal(['1', '2', '3']);
  });

  it('are none where it was refused, and show no credentials', async () => {
    const jobId = await start('echo', 'http://user:of-mine@127.0.0.1:1/result');
    await rejection(suite.client.workflow.getHandle(jobId).result());
    const job = suite.worker.client.getHandle(jobId);
    expect(await job.webhook('progress')).to.equal(undefined);
    expect(await job.webhook('result')).to.equal(undefined);
    const { body } = await facade.get(`/api/v1/exec/pipelines/${jobId}`);
    expect(JSON.stringify(body)).to.include('127.0.0.1:1').and.not.include('of-mine');
    // Nor is it run again without them: it is refused as it was.
    expect((await facade.post('/api/v1/exec/rerun', { jobId })).status).to.equal(400);
  });
});
