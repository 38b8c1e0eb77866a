import { NativeConnection, Worker } from '@temporalio/worker';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import type { ReconcilerState } from '../../src/domain/untold';
import { takeSnapshot } from '../../src/domain/snapshot';
import { reconcilerId } from '../../workflows/messages';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { Engine } from '../support/engine';
import { Delivery, expectedId, sequencesOf, statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import { NEVER, type Receiver } from '../support/receiver';
import { deliveriesOf, lookOnce, terminateJob } from '../support/reconciler';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';
import { startWorker } from '../support/worker';

// Jobs that were ended from outside are told of (DESIGN.md, «Reconciler»).

describe('a job that was ended from outside', () => {
  const gate = new Gate();
  const suite = useWorker({
    // So long a look waits for an attempt that may be in flight.
    settings: { progressTimeoutMs: 1_000 },
    algorithms: {
      wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
      held: async ({ jobId, nodeName }, { signal }) => gate.wait(`${jobId}/${nodeName}`, signal),
    },
  });
  const listen = useReceiver();

  const nodes: Pipeline['nodes'] = [{ nodeName: 'one', algorithmName: 'wait', input: [1] }];

  /** A job that has told that it runs. */
  async function startJob(webhooks: Pipeline['webhooks'], rest: Partial<Pipeline> = {}): Promise<JobHandle> {
    const job = await suite.start({ name: 'ended', nodes, ...(webhooks && { webhooks }), ...rest });
    await until('it runs', async () => (await job.status()).data !== undefined);
    return job;
  }

  function look(state?: ReconcilerState): Promise<ReconcilerState> {
    return lookOnce(suite.client, suite.worker.taskQueue, state);
  }

  async function untilDelivered(to: Receiver, job: JobHandle): Promise<void> {
    for (const kind of await deliveriesOf(suite.client, job.jobId)) {
      await new Delivery(suite.client, job.jobId, kind).ended();
    }
    expect(to.arrived).to.have.length(to.received.length);
  }

  it('is told of by both webhooks, once, with what polling answers', async () => {
    const to = await listen();
    const job = await startJob(to.webhooks);
    await to.until(({ received }) => received.length === 2);
    await terminateJob(suite.client, job.jobId, 'by a person');
    await Promise.all([look(), look()]);
    await look();
    await untilDelivered(to, job);

    expect(statusesOf(to.arrivedOn('/progress'))).to.deep.equal(['pending', 'active', 'failed']);
    expect(sequencesOf(to.arrived.slice(2)).sort()).to.deep.equal([1, 3]);
    const [progress, result] = [to.arrivedOn('/progress')[2], to.arrivedOn('/result')[0]];
    expect(to.arrivedOn('/result')).to.have.length(1);
    expect(progress?.text).to.equal(JSON.stringify(await job.status()));
    expect(result?.text).to.equal(JSON.stringify(await job.results()));
    expect(JSON.parse(progress?.text ?? '')).to.deep.include({
      level: 'critical',
      status: 'failed',
      error: 'the job was terminated from outside: by a person',
    });
    expect(progress?.headers['webhook-id']).to.equal(await expectedId(suite.client, job.jobId, 'progress', 'end'));
    expect(result?.headers['webhook-id']).to.equal(await expectedId(suite.client, job.jobId, 'result', 'end'));
  });

  it('is told of on one URL by the progress event, then the result', async () => {
    const to = await listen();
    const { workflowId: jobId } = await suite.client.workflow.start('runPipeline', {
      workflowId: `ended:${randomUUID()}`,
      taskQueue: suite.worker.taskQueue,
      // Temporal lets an attempt last no longer than its workflow may.
      args: [{ name: 'ended', nodes, webhooks: to.sharedWebhooks }, { progressTimeoutMs: 200 }],
      workflowRunTimeout: 6_000,
    });
    await untilListed(suite.client, 1, `WorkflowId = '${jobId}' AND ExecutionStatus = 'TimedOut'`);
    await look();
    await to.until(({ received }) => received.length === 4);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', 'failed', 'result failed']);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 2, 3, 4]);
    expect(JSON.parse(to.arrived[3]?.text ?? '')).to.include({ error: 'the job was timed out from outside' });
  });

  it('is told of at level critical, or by its result alone, and not at all without webhooks', async () => {
    const [quiet, some] = [await listen(), await listen()];
    const options = { progressVerbosityLevel: 'critical' };
    const jobs = [
      await startJob({ progress: `${quiet.url}/progress` }, { options }),
      await startJob({ result: `${some.url}/result` }),
      await startJob(undefined),
    ];
    for (const { jobId } of jobs) await terminateJob(suite.client, jobId);
    await look();
    await quiet.until(({ received }) => received.length === 1);
    await some.until(({ received }) => received.length === 1);
    expect([statusesOf(quiet.arrived), sequencesOf(quiet.arrived)]).to.deep.equal([['failed'], [1]]);
    expect([statusesOf(some.arrived), sequencesOf(some.arrived)]).to.deep.equal([['result failed'], [1]]);
    const deliveries = await Promise.all(jobs.map(({ jobId }) => deliveriesOf(suite.client, jobId)));
    expect(deliveries).to.deep.equal([['progress'], ['result'], []]);
  });

  it('is not told of where it was reset, and ends by itself', async () => {
    const to = await listen();
    const job = await startJob(to.webhooks);
    await terminateJob(suite.client, job.jobId);
    await suite.command('reset', '--workflow-id', job.jobId, '--type', 'FirstWorkflowTask', '--reason', 'a mistake');
    await look();
    expect(await deliveriesOf(suite.client, job.jobId)).to.deep.equal([]);
    await job.stop('enough');
    await look();
    await to.until(({ results }) => results.length === 1);
    await untilDelivered(to, job);
    expect(statusesOf(to.arrivedOn('/result'))).to.deep.equal(['result stopped']);
    expect(statusesOf(to.arrivedOn('/progress')).at(-1)).to.equal('stopped');
    expect(await job.results()).to.include({ status: 'stopped' });
  });

  it('is told of under the id of its first run, where it was in a later one', async () => {
    const to = await listen();
    const job = await startJob(to.webhooks, {
      nodes: ['one', 'two'].map((nodeName) => ({
        nodeName,
        algorithmName: 'held',
        input: nodeName === 'one' ? [1] : ['@one'],
      })),
    });
    const handle = suite.client.workflow.getHandle(job.jobId);
    const first = await handle.describe();
    const id = await expectedId(suite.client, job.jobId, 'result', 'end');
    // Temporal suggests another run at 4 MiB of history; this signal means nothing to a job.
    for (let count = 0; count < 5; count++) await handle.signal('nothing', 'x'.repeat(1_000_000));
    // Its next task, in which it learns that, is over with these.
    await job.pause();
    await job.resume();
    gate.open(`${job.jobId}/one`);
    await until('another run', async () => (await handle.describe()).runId !== first.runId);
    await until('it runs', async () => (await job.status()).data?.details.includes('1 succeed, 1 active'));
    // What it has not sent is lost with it.
    await to.until(() => statusesOf(to.arrivedOn('/progress')).includes('resumed'));
    await terminateJob(suite.client, job.jobId);
    await look();
    await to.until(({ results }) => results.length === 1);
    await untilDelivered(to, job);
    expect(to.arrivedOn('/result')[0]?.headers['webhook-id']).to.equal(id);
    const statuses = ['pending', 'active', 'paused', 'resumed', 'failed'];
    expect(statusesOf(to.arrivedOn('/progress'))).to.deep.equal(statuses);
    expect(sequencesOf(to.arrivedOn('/progress'))).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('is told of with the number that an earlier run has left, though this one has sent nothing', async () => {
    const to = await listen();
    const engine = new Engine({ name: 'ended', nodes, webhooks: to.webhooks }).start();
    engine.apply({ type: 'drain' });
    engine.end('one');
    engine.drain().job.outbox.sequence = 7;
    const { workflowId: jobId } = await suite.client.workflow.start('runPipeline', {
      workflowId: `ended:${randomUUID()}`,
      taskQueue: suite.worker.taskQueue,
      args: [
        { name: 'ended', nodes, webhooks: to.webhooks },
        {},
        { job: takeSnapshot(engine.job), sender: { gone: false } },
      ],
    });
    await terminateJob(suite.client, jobId);
    await look();
    await to.until(({ received }) => received.length === 2);
    expect(sequencesOf(to.arrivedOn('/progress'))).to.deep.equal([8]);
  });

  it('is not told of by progress where its receiver wanted no more', async () => {
    const to = await listen(({ path }) => (path === '/progress' ? 410 : 200));
    const job = await startJob(to.webhooks);
    await until('it is known', async () => (await job.webhook('progress')) !== undefined);
    await terminateJob(suite.client, job.jobId);
    await look();
    await to.until(({ results }) => results.length === 1);
    const progress = new Delivery(suite.client, job.jobId, 'progress');
    const record = await progress.until('it is over', ({ state }) => state !== 'pending');
    expect(record).to.deep.include({ state: 'dead', reason: 'gone', sequence: 3, attempts: [] });
    expect(to.arrivedOn('/progress')).to.have.length(1);
  });

  it('is told of behind the attempt that was in flight', async () => {
    const to = await listen(({ text }) => (text.includes('"pending"') ? NEVER : 200));
    const hungUp = new Promise<number>((resolve) => {
      to.onHangUp(() => {
        resolve(Date.now());
      });
    });
    const job = await suite.start({ name: 'ended', nodes, webhooks: to.webhooks }, { progressTimeoutMs: 3_000 });
    await to.until(({ arrived }) => arrived.length === 1);
    await terminateJob(suite.client, job.jobId);
    await look();
    await to.until(({ progress }) => progress.length === 1);
    expect(statusesOf(to.arrivedOn('/progress'))).to.deep.equal(['pending', 'failed']);
    expect(to.arrivedOn('/progress')[1]?.at).to.be.at.least(await hungUp);
  });

  for (const [what, first, before] of [
    ['was handed over', 500, ['result']],
    ['was taken', 200, []],
  ] as const) {
    it(`is told of as it had ended, where its result ${what} before`, async () => {
      const to = await listen(({ path, text }, count) => {
        if (text.includes('"pending"')) return NEVER;
        return path === '/result' && count === 1 ? first : 200;
      });
      const settings = { progressTimeoutMs: 3_000, retryScheduleMs: [0, 100] };
      const job = await suite.start({ name: 'ended', nodes, webhooks: to.webhooks }, settings);
      await to.until(({ arrived }) => arrived.length === 1);
      await job.stop('enough');
      await to.until(({ results }) => results.length === 1);
      // It knows of that, and waits for the progress attempt that is in flight.
      const workflow = suite.client.workflow.getHandle(job.jobId);
      await until('one is in flight', async () => (await workflow.describe()).raw.pendingActivities?.length === 1);
      await terminateJob(suite.client, job.jobId);
      expect(await deliveriesOf(suite.client, job.jobId)).to.deep.equal(before);
      expect(await job.results()).to.include({ status: 'stopped', reason: 'enough' });
      await look();
      await to.until(({ progress }) => progress.length === 1);
      expect(to.arrivedOn('/progress')[1]?.text).to.equal(JSON.stringify(await job.status()));
      expect(to.progress[0]).to.include({ level: 'info', status: 'stopped', reason: 'enough' });
      const record = await new Delivery(suite.client, job.jobId, 'result').ended();
      expect(record?.attempts.at(-1)).to.include({ attempt: to.arrivedOn('/result').length, statusCode: 200 });
      expect(to.results).to.have.length(1);
    });
  }

  it('is not looked for where the worker is told so', async () => {
    const schedule = suite.client.schedule.getHandle(reconcilerId(suite.worker.taskQueue));
    expect(await rejection(schedule.describe())).to.have.property('name', 'ScheduleNotFoundError');
  });

  it('is not looked at again, as far as the last look is remembered', async () => {
    const to = await listen();
    const job = await startJob({ result: `${to.url}/result` });
    const { runId } = await suite.client.workflow.getHandle(job.jobId).describe();
    const before = await look();
    await terminateJob(suite.client, job.jobId);
    const seen = { ...before, seen: [...before.seen, runId] };
    expect((await look(seen)).seen).to.include(runId);
    await look({ ...before, until: Date.now() });
    expect(await deliveriesOf(suite.client, job.jobId)).to.deep.equal([]);
    expect((await look(before)).seen).to.include(runId);
    await to.until(({ results }) => results.length === 1);
  });

  it('is told of where it failed without a word of its own, and not where it was refused', async () => {
    const to = await listen();
    const taskQueue = `test-${randomUUID()}`;
    const start = async (name: string, webhooks: unknown): Promise<string> => {
      const args = [{ name, nodes, webhooks }];
      const workflowId = `${name}:${randomUUID()}`;
      const typedSearchAttributes = [{ key: PIPELINE_STATUS, value: 'pending' }];
      await suite.client.workflow.start('runPipeline', { taskQueue, args, workflowId, typedSearchAttributes });
      return workflowId;
    };
    const jobIds = [await start('ended', to.webhooks), await start('refused', { ...to.webhooks, other: 1 })];
    const connection = await NativeConnection.connect({ address: suite.temporal.address });
    const workflowsPath = require.resolve('../support/failing-workflows');
    await (
      await Worker.create({ connection, taskQueue, workflowsPath })
    ).runUntil(async () => {
      for (const id of jobIds) {
        await untilListed(suite.client, 1, `WorkflowId = '${id}' AND ExecutionStatus = 'Failed'`);
      }
    });
    await connection.close();
    const worker = await startWorker(suite.temporal, { algorithms: {}, taskQueue });
    try {
      await lookOnce(suite.client, taskQueue);
      await to.until(({ received }) => received.length === 2);
    } finally {
      await worker.stop();
    }
    expect(to.results[0]).to.deep.include({ jobId: jobIds[0], status: 'failed', error: 'lost', failures: [] });
    expect(await deliveriesOf(suite.client, jobIds[1] ?? '')).to.deep.equal([]);
  });
});
