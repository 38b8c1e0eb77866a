import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { AlgorithmArgs } from '../../activities';
import type { Homes } from '../../src/domain/homes';
import type { PipelineNode } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { useWorker } from '../support/suite';
import { startWorker } from '../support/worker';
import { until } from '../support/until';

// Algorithms of other task queues: workers of ours, and activities of a worker that knows nothing of us (contract §10).

describe('an algorithm of another worker', () => {
  const suite = useWorker({ algorithms: { near: ({ input }) => input[0] } });
  const taskQueue = `foreign-${randomUUID()}`;
  const gate = new Gate();
  const begun: string[] = [];
  const canceled: string[] = [];
  let inHand = 0;
  let mostInHand = 0;
  let failedOnce = false;
  let stop: () => Promise<void>;

  before(async () => {
    const connection = await NativeConnection.connect({ address: suite.temporal.address });
    const worker = await Worker.create({
      connection,
      taskQueue,
      activities: {
        echo: (args: AlgorithmArgs) => args,
        nothing: () => undefined,
        bytes: () => new Uint8Array([1, 2]),
        large: () => 'x'.repeat(1_950_000),
        late: () => until('never', () => false),
        fails: () => {
          throw ApplicationFailure.retryable('foreign boom');
        },
        failsForGood: () => {
          failedOnce = true;
          throw ApplicationFailure.nonRetryable('foreign end');
        },
        failsOnce: () => {
          if (failedOnce) return 'at last';
          failedOnce = true;
          throw new Error('the first time');
        },
        counts: async () => {
          mostInHand = Math.max(mostInHand, ++inHand);
          await until('the window is full', () => mostInHand === 3);
          inHand--;
        },
        held: async ({ jobId }: AlgorithmArgs) => {
          const { cancellationSignal, heartbeat } = Context.current();
          begun.push(jobId);
          const alive = setInterval(heartbeat, 100);
          try {
            await gate.wait(jobId, cancellationSignal);
          } catch (error) {
            canceled.push(jobId);
            throw error;
          } finally {
            clearInterval(alive);
          }
        },
      },
      maxHeartbeatThrottleInterval: '200ms',
      defaultHeartbeatThrottleInterval: '200ms',
      shutdownForceTime: '1s',
    });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running.catch(() => undefined);
      await connection.close();
    };
  });
  after(() => stop());
  beforeEach(() => {
    failedOnce = false;
  });

  function activity(type: string, rest: { heartbeatTimeoutMs?: number } = {}): Homes {
    return { far: { kind: 'activity', taskQueue, type, ...rest } };
  }

  function pipeline(node: Partial<PipelineNode> = {}) {
    return { name: 'foreign', nodes: [{ nodeName: 'green', algorithmName: 'far', input: [1], ...node }] };
  }

  it('runs on the workers of ours that its home names', async () => {
    const other = await startWorker(suite.temporal, { algorithms: { far: ({ input }) => Number(input[0]) * 10 } });
    const homes = { far: { kind: 'worker', taskQueue: other.taskQueue } } as const;
    const nodes = [
      { nodeName: 'green', algorithmName: 'near', input: ['#[1,2,3]'] },
      { nodeName: 'yellow', algorithmName: 'far', input: ['#@green'] },
    ];
    const job = await suite.start({ name: 'two-queues', nodes }, { homes });
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([10, 20, 30]);
    await other.stop();
  });

  it('gets the arguments of each item, one activity an item', async () => {
    const job = await suite.start(pipeline({ input: ['#[7,8]', 'x'] }), { homes: activity('echo') });
    const args = { jobId: job.jobId, nodeName: 'green', algorithmName: 'far' };
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([
      { ...args, input: [7, 'x'], taskId: 'green#1', batchIndex: 1 },
      { ...args, input: [8, 'x'], taskId: 'green#2', batchIndex: 2 },
    ]);
    const single = await suite.start(pipeline(), { homes: activity('echo') });
    const [entry] = (await single.result()).data ?? [];
    expect(entry?.result).to.deep.equal({ ...args, jobId: single.jobId, input: [1], taskId: 'green' });
  });

  it('may answer nothing', async () => {
    const job = await suite.start(pipeline(), { homes: activity('nothing') });
    expect((await job.result()).data?.[0]?.result).to.equal(null);
  });

  for (const [type, error] of [
    ['fails', 'foreign boom'],
    ['bytes', 'the algorithm answered bytes, which is not JSON'],
    ['large', "the algorithm's output of 1950002 bytes is larger than 1900000"],
  ] as const) {
    it(`fails its task: ${error}`, async () => {
      const job = await suite.start(pipeline(), { homes: activity(type) });
      expect(await job.result()).to.include({ status: 'failed', error, nodeName: 'green' });
    });
  }

  it('is retried under its policy, but not where it says never', async () => {
    const node = { retry: { policy: 'Always', limit: 2 } } as const;
    const job = await suite.start(pipeline(node), { homes: activity('failsOnce') });
    expect((await job.result()).data?.[0]?.result).to.equal('at last');
    failedOnce = false;
    const final = await suite.start(pipeline(node), { homes: activity('failsForGood') });
    expect(await final.result()).to.include({ status: 'failed', error: 'foreign end' });
  });

  it('that its worker gives up, as it shuts down, runs elsewhere', async () => {
    const queue = `foreign-${randomUUID()}`;
    const connection = await NativeConnection.connect({ address: suite.temporal.address });
    let hasBegun = false;
    const untilCanceled = (): Promise<never> => {
      hasBegun = true;
      return Context.current().cancelled;
    };
    const first = await Worker.create({ connection, taskQueue: queue, activities: { untilCanceled } });
    const job = await first.runUntil(async () => {
      const homes: Homes = { far: { kind: 'activity', taskQueue: queue, type: 'untilCanceled' } };
      const started = await suite.start(pipeline(), { homes });
      await until('it has begun', () => hasBegun);
      return started;
    });
    const next = await Worker.create({
      connection,
      taskQueue: queue,
      activities: { untilCanceled: () => 'elsewhere' },
    });
    await next.runUntil(async () => {
      expect((await job.result()).data?.[0]?.result).to.equal('elsewhere');
    });
    await connection.close();
  });

  it('fails by its node’s ttl, and is not run again', async () => {
    const job = await suite.start(pipeline({ ttl: 1 }), { homes: activity('late') });
    expect(await job.result()).to.include({ status: 'failed', error: 'Algorithm TTL expired' });
  });

  it('that is silent for longer than it says has lost its worker', async () => {
    const homes = activity('late', { heartbeatTimeoutMs: 1_000 });
    const job = await suite.start(pipeline({ retry: { policy: 'Never', limit: 1 } }), { homes });
    const error = 'no heartbeat: the worker that ran this task was lost, or hangs';
    expect(await job.result()).to.include({ status: 'failed', error });
  });

  it('has no more items in hand than the window', async () => {
    const node = { input: ['#[1...4]'] };
    const job = await suite.start(pipeline(node), { homes: activity('counts'), window: 3 });
    expect((await job.result()).status).to.equal('completed');
    expect(mostInHand).to.equal(3);
  });

  it('is canceled by a stop', async () => {
    const job = await suite.start(pipeline(), { homes: activity('held') });
    await until('it has begun', () => begun.includes(job.jobId));
    await job.stop('enough');
    expect((await job.result()).status).to.equal('stopped');
    await until('it was canceled', () => canceled.includes(job.jobId));
  });

  it('ends its item in a pause, and begins no other before the job goes on', async () => {
    const job = await suite.start(pipeline({ input: ['#[1,2]'] }), { homes: activity('held'), window: 1 });
    await until('it has begun', () => begun.includes(job.jobId));
    await job.pause();
    gate.open(job.jobId);
    await until('it has ended', async () => (await job.status()).data?.details.includes('1 succeed') === true);
    expect((await job.status()).data?.details).to.include('1 pending');
    expect(canceled).to.not.include(job.jobId);
    expect(begun.filter((jobId) => jobId === job.jobId)).to.have.length(1);
    await job.resume();
    expect((await job.result()).status).to.equal('completed');
  });

  it('that no worker has, or whose queue nobody serves, fails its job after ALGORITHM_WAIT', async () => {
    for (const home of [
      { kind: 'activity', taskQueue, type: 'unknown' },
      { kind: 'activity', taskQueue: `empty-${randomUUID()}`, type: 'echo' },
      { kind: 'worker', taskQueue: `empty-${randomUUID()}` },
    ] as const) {
      const job = await suite.start(pipeline(), { homes: { far: home }, algorithmWaitMs: 1_500 });
      await job.result();
      expect(await job.status()).to.include({ level: 'critical', error: 'no worker serves algorithm far' });
    }
  });
});
