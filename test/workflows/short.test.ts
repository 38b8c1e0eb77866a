import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Algorithms } from '../../activities';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Json } from '../../src/domain/json';
import type { Pipeline } from '../../src/domain/pipeline';
import { statusesOf } from '../support/deliveries';
import { historyOf } from '../support/job-history';
import { useReceiver, useWorker } from '../support/suite';
import { startWorker } from '../support/worker';
import { until } from '../support/until';

// Algorithms that promise to be short: the workflow runs their small blocks itself (contract §10).

/** So long may a message wait for what the workflow has in hand, on a machine under load. */
const HEARD_WITHIN_MS = 3_500;
const LARGE = 40_000;

describe('an algorithm with short: true', () => {
  let began: string[] = [];
  const algorithms: Algorithms = {
    quick: { short: true, run: ({ input }) => Number(input[0]) * 10 },
    nap: {
      short: true,
      run: async ({ input: [ms], taskId }) => {
        began.push(taskId);
        await sleep(Number(ms));
        return ms;
      },
    },
    fails: {
      short: true,
      run: ({ input: [item] }) => {
        if (item === 2) throw new Error('two');
        return item;
      },
    },
    // As one that hangs, and heeds its signal or does not.
    hangs: {
      short: true,
      run: async ({ input: [heeds] }, { signal, attempt }) => {
        if (attempt === 1) await sleep(20_000, undefined, heeds === true ? { signal } : { ref: false });
        return attempt;
      },
    },
    spins: {
      short: true,
      run: (_, { attempt }) => {
        for (const end = Date.now() + 2_500; attempt === 1 && Date.now() < end;);
        return attempt;
      },
    },
    large: { short: true, run: (_, { attempt }) => ({ attempt, text: 'x'.repeat(LARGE) }) },
    beats: {
      short: true,
      run: (_, context) => {
        context.heartbeat({ at: 1 });
        return 1;
      },
    },
  };
  const suite = useWorker({ algorithms });
  const listen = useReceiver();
  beforeEach(() => {
    began = [];
  });

  const node = (algorithmName: string, input: readonly Json[], nodeName = 'green') => {
    return { nodeName, algorithmName, input, includeInResults: true };
  };
  /** One after the other, `count` times. */
  const chain = (count: number, ms: number): Pipeline['nodes'] =>
    Array.from({ length: count }, (_, index) =>
      node('nap', index === 0 ? [ms] : [`@n${String(index - 1)}`], `n${String(index)}`),
    );
  const start = (nodes: Pipeline['nodes'], rest: Partial<Pipeline> = {}): Promise<JobHandle> =>
    suite.start({ name: 'short', nodes, ...rest });
  const resultsOf = async (job: JobHandle) => (await job.result()).data?.map(({ result }) => result);
  const history = (job: JobHandle) => historyOf(suite.client, job.jobId);

  // The first task of a new worker under load may last longer than an item is short.
  before(async () => {
    await resultsOf(await start([node('quick', [1])]));
  });

  it('is run by the workflow in one task: results in order, and nothing is scheduled', async () => {
    const job = await start([
      node('quick', ['#[1...16]']),
      node('quick', ['@green.0'], 'next'),
      node('beats', [], 'b'),
    ]);
    expect(await resultsOf(job)).to.deep.equal([
      ...Array.from({ length: 16 }, (_, index) => (index + 1) * 10),
      null,
      1,
    ]);
    expect(await history(job)).to.deep.equal({ local: 3, scheduled: 0, tasks: 1, failedTasks: [] });
  });

  it('is run by the queue where the batch is wide, and by a job that Temporal has started', async () => {
    const wide = await start([node('quick', ['#[1...17]'])]);
    expect(await resultsOf(wide)).to.have.length(17);
    expect(await history(wide)).to.include({ local: 0, scheduled: 17 });
    const document = { name: 'short', nodes: [node('quick', ['#[1,2]'])] };
    const workflowId = randomUUID();
    const { taskQueue } = suite.worker;
    await suite.client.workflow.execute('runPipeline', { workflowId, taskQueue, args: [document] });
    expect(await historyOf(suite.client, workflowId)).to.include({ local: 0, scheduled: 2 });
  });

  for (const [policy, local] of [
    ['Never', 0],
    ['OnError', 0],
    ['OnCrash', 1],
    ['Always', 1],
  ] as const) {
    it(`has ${local === 0 ? 'its beginning written down' : 'the workflow run it'} under ${policy}`, async () => {
      const job = await start([{ ...node('quick', ['#[1,2]']), retry: { policy, limit: 1 } }]);
      expect(await resultsOf(job)).to.deep.equal([10, 20]);
      expect(await history(job)).to.include({ local, scheduled: local === 0 ? 2 : 0 });
    });
  }

  it('fails by its error: within the tolerance, beyond it, and again by the queue under Always', async () => {
    const tolerant = await start([node('fails', ['#[1,2,3]'])]);
    expect((await tolerant.result()).data?.map(({ result, error }) => error ?? result)).to.deep.equal([1, 'two', 3]);
    const strict = await start([node('fails', ['#[1,2,3]'])], { options: { batchTolerance: 0 } });
    expect((await strict.result()).error).to.match(/batch tolerance is 0%, error: two$/);
    expect([await history(tolerant), await history(strict)].map(({ scheduled }) => scheduled)).to.deep.equal([0, 0]);
    const again = await start([{ ...node('fails', ['#[1,2,3]']), retry: { policy: 'Always', limit: 1 } }]);
    expect((await again.result()).data?.[1]?.error).to.equal('two');
    expect(await history(again)).to.include({ local: 1, scheduled: 1 });
  });

  for (const [algorithmName, input, how] of [
    ['hangs', [true], 'hangs'],
    ['hangs', [false], 'hangs, whatever it is told'],
    ['spins', [], 'never yields'],
  ] as const) {
    it(`that ${how} has had a run after a second, and goes over to the queue`, async () => {
      const receiver = await listen();
      const job = await start([node(algorithmName, [...input])], {
        webhooks: receiver.webhooks,
        options: { progressVerbosityLevel: 'warn' },
      });
      expect(await resultsOf(job)).to.deep.equal([2]);
      expect(await history(job)).to.include({ local: 1 });
      await suite.settle(job);
      expect(receiver.progress[0]).to.deep.include({
        level: 'warn',
        tasks: [{ nodeName: 'green', status: 'pending', error: TOO_LONG }],
      });
    });
  }

  it('that is slow but ends goes over to the queue, and has not run twice', async () => {
    const job = await start([node('nap', ['#[700,1,1]']), node('nap', ['#@green'], 'next')]);
    expect(await resultsOf(job)).to.deep.equal([700, 1, 1, 700, 1, 1]);
    expect(await history(job)).to.include({ local: 1, scheduled: 3 });
    expect(began.sort()).to.deep.equal(['green#1', 'green#2', 'green#3', 'next#1', 'next#2', 'next#3']);
  });

  it('whose output is large goes over to the queue where no blob takes it', async () => {
    const job = await start([node('large', [])]);
    expect((await job.result()).data?.[0]?.result).to.deep.equal({ attempt: 2, text: 'x'.repeat(LARGE) });
    expect(await history(job)).to.include({ local: 1, scheduled: 1 });
  });

  it('is stopped, paused and told of its ttl though one follows the other', async () => {
    const stopped = await start(chain(40, 200));
    await until('it has begun', () => began.length > 0);
    const since = Date.now();
    await stopped.stop('enough');
    expect(Date.now() - since).to.be.lessThan(HEARD_WITHIN_MS);
    expect(await stopped.result()).to.include({ status: 'stopped', reason: 'enough' });

    const expired = await start(chain(40, 200), { options: { ttl: 1 } });
    const startedAt = Date.now();
    expect(await expired.result()).to.include({ status: 'stopped', reason: 'pipeline expired' });
    expect(Date.now() - startedAt).to.be.lessThan(1_000 + HEARD_WITHIN_MS);

    began = [];
    const paused = await start(chain(10, 200));
    await until('it has begun', () => began.length > 0);
    await paused.pause();
    await until('no item is in hand', async () => (await paused.status()).data?.details.includes('active') === false);
    const { length } = began;
    expect(length).to.be.lessThan(10);
    // Another job of the same worker, from its start to its end: time enough for what would begin.
    expect(await resultsOf(await start([node('quick', ['#[1,2,3]'])]))).to.deep.equal([10, 20, 30]);
    expect(began).to.have.length(length);
    await paused.resume();
    expect(await resultsOf(paused)).to.deep.equal(Array.from({ length: 10 }, () => 200));
    expect(began).to.have.length(10);
  });

  it('tells of its job as any other does', async () => {
    const receiver = await listen();
    const job = await start([node('quick', ['#[1,2,3]'])], { webhooks: receiver.webhooks });
    await receiver.until(({ progress }) => progress.length >= 3);
    await suite.settle(job);
    expect(statusesOf(receiver.on('/progress'))).to.deep.equal(['pending', 'active', 'completed']);
  });

  it('is found by the queue where the worker that has the job does not have it, or not as short', async () => {
    const taskQueue = `short-${randomUUID()}`;
    const homes = {
      late: { kind: 'worker', taskQueue, short: true },
      plain: { kind: 'worker', taskQueue, short: true },
    } as const;
    const without = await startWorker(suite.temporal, { taskQueue, algorithms: { plain: ({ input }) => input[0] } });
    const nodes = [node('plain', ['#[1,2]']), node('late', ['#@green'], 'next')];
    const job = await new PipelineClient(suite.client, { taskQueue }).start({ name: 'short', nodes }, { homes });
    await until('it is waited for', async () => (await job.status()).data?.details.includes('2 succeed'));
    const having = await startWorker(suite.temporal, {
      taskQueue,
      algorithms: { late: { short: true, run: ({ input }) => input[0] }, plain: () => 0 },
    });
    await without.stop();
    expect(await resultsOf(job)).to.deep.equal([1, 2, 1, 2]);
    // A refusal is no result, and is written down as well.
    expect(await history(job)).to.deep.include({ local: 2, failedTasks: [] });
    await having.stop();
  });
});

const TOO_LONG = 'the algorithm is declared short, and this task took longer than a second';
