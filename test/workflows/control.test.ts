import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// Stop, pause and resume, by whoever and at any time (contract §3, §6, §11).

/** For a machine under load. */
const SLACK_MS = 1_000;

describe('a job is steered', () => {
  const suite = useWorker({
    algorithms: {
      quick: () => 1,
      wait: async ({ taskId }, { signal }) => {
        // An algorithm of the test before may be told to stop a little after its end.
        const told = aborted;
        began.push(taskId);
        signal.addEventListener('abort', () => told.push(Date.now()));
        await gate.wait(taskId, signal);
        return taskId;
      },
    },
  });
  const listen = useReceiver();
  let gate: Gate;
  /** The tasks that have begun, and when algorithms were told to stop. */
  let began: string[];
  let aborted: number[];

  beforeEach(() => {
    gate = new Gate();
    began = [];
    aborted = [];
  });

  function pipeline(input: string, rest: Partial<Pipeline> = {}): Pipeline {
    return { name: 'steered', nodes: [{ nodeName: 'one', algorithmName: 'wait', input: [input] }], ...rest };
  }

  async function running(count: number): Promise<void> {
    await until(`${String(count)} items have begun`, () => began.length === count);
  }

  /** A worker learns of a cancellation by the answer to its next heartbeat. */
  async function heartbeats(job: JobHandle, count: number): Promise<void> {
    const seen = new Set<number>();
    await until(`${String(count)} heartbeats`, async () => {
      const { raw } = await suite.client.workflow.getHandle(job.jobId).describe();
      const { seconds, nanos } = raw.pendingActivities?.[0]?.lastHeartbeatTime ?? {};
      seen.add(Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6);
      return seen.size > count;
    });
  }

  it('by a stop, which every running algorithm sees within two seconds', async () => {
    const to = await listen();
    const job = await suite.start(pipeline('#[1...4]', { webhooks: to.sharedWebhooks }), { window: 3 });
    await running(3);
    const asked = Date.now();
    const { timestamp, ...status } = await job.stop('enough');
    expect(Date.parse(timestamp)).to.be.within(asked - 50, Date.now() + 50);
    expect(status).to.deep.equal({
      jobId: job.jobId,
      pipeline: 'steered',
      level: 'info',
      status: 'stopped',
      data: { progress: '0.00', details: '0.00% completed, 4 stopped' },
      reason: 'enough',
    });
    await until('all are told', () => aborted.length === 3);
    expect(Math.max(...aborted) - asked).to.be.below(2_000 + SLACK_MS);
    await to.until(({ received }) => received.length === 4);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', 'stopped', 'result stopped']);
    expect(began).to.have.length(3);
  });

  it('by a stop that comes as an item ends, which has the server refuse the task that took it', async () => {
    const nodes = ['quick', 'wait', 'wait'].map((algorithmName, index) => {
      return { nodeName: `n${String(index)}`, algorithmName };
    });
    for (let time = 1; time <= 20; time++) {
      const job = await suite.start({ name: 'steered', nodes });
      expect(await job.stop('enough')).to.include({ status: 'stopped', reason: 'enough' });
      expect(await job.result()).to.include({ status: 'stopped', reason: 'enough' });
    }
  });

  it('by a stop without a reason, and without webhooks', async () => {
    const job = await suite.start(pipeline('x'));
    expect(await job.stop()).to.include({ status: 'stopped', reason: 'stopped due to request' });
    expect(await job.result()).to.include({ status: 'stopped', reason: 'stopped due to request' });
  });

  it('by a pause, after which nothing new starts, and by a resume', async () => {
    const to = await listen();
    const options = { progressVerbosityLevel: 'info' };
    const job = await suite.start(pipeline('#[1...4]', { webhooks: to.sharedWebhooks, options }), { window: 2 });
    await running(2);
    expect(await job.pause()).to.include({ level: 'info', status: 'paused' });
    gate.open('one#1');
    gate.open('one#2');
    const details = await until('what was in hand is done', async () => {
      const { data } = await job.status();
      return data?.details.includes('2 succeed') === true ? data.details : undefined;
    });
    expect(details).to.equal('50.00% completed, 2 succeed, 2 pending');
    expect(began).to.have.members(['one#1', 'one#2']);
    expect(aborted).to.deep.equal([]);
    expect(await job.resume()).to.include({ status: 'active' });
    await running(4);
    gate.open('one#3');
    gate.open('one#4');
    expect(await job.result()).to.have.property('status', 'completed');
    await to.until(({ received }) => received.length === 6);
    const told = ['pending', 'active', 'paused', 'resumed', 'completed'];
    expect(statusesOf(to.arrived)).to.deep.equal([...told, 'result completed']);
    const bodies = to.arrived.slice(2, 4).map(({ text }) => JSON.parse(text) as { level: string; data: object });
    expect(bodies.map(({ level }) => level)).to.deep.equal(['info', 'info']);
    expect(bodies.map(({ data }) => data)).to.deep.equal([
      { progress: '0.00', details: '0.00% completed, 2 active, 2 pending' },
      { progress: '50.00', details: '50.00% completed, 2 succeed, 2 pending' },
    ]);
  });

  it('by a pause, at which blocks give back what they have not begun', async () => {
    // The first items are quick, so the later ones ride in blocks of many.
    Array.from({ length: 40 }, (_, index) => `one#${String(index + 1)}`).forEach((task) => {
      gate.open(task);
    });
    const job = await suite.start(pipeline('#[1...30000]'), { window: 1 });
    await until('a block of many has begun', () => began.length > 40);
    const held = began.at(-1) ?? '';
    await job.pause();
    const { data } = await job.status();
    expect(data?.details).to.match(/^\d+\.\d\d% completed, \d+ succeed, \d\d+ active, \d+ pending$/);
    // The item in hand goes on until it is done, and only its block's rest is given back.
    await heartbeats(job, 2);
    const before = began.length;
    gate.open(held);
    await until('the block is over', async () => !(await job.status()).data?.details.includes('active'));
    expect(began.length - before).to.be.at.most(1);
    expect(aborted).to.deep.equal([]);
    const total = (await job.status()).data?.details.match(/(\d+) succeed, (\d+) pending/);
    expect(Number(total?.[1]) + Number(total?.[2])).to.equal(30_000);
    await job.stop();
  });

  it('by a stop of a paused job, which ends what is still in hand', async () => {
    const job = await suite.start(pipeline('#[1,2]'), { window: 1 });
    await running(1);
    await job.pause();
    const asked = Date.now();
    expect(await job.stop()).to.include({ status: 'stopped' });
    await until('the algorithm is told', () => aborted.length === 1);
    expect((aborted[0] ?? Infinity) - asked).to.be.below(2_500);
    expect(began).to.deep.equal(['one#1']);
  });

  it('by a pause, after which its worker still shuts down', async () => {
    const job = await suite.start(pipeline('x', { options: { ttl: 0 } }));
    await running(1);
    await job.pause();
    await heartbeats(job, 1);
    await suite.restartWorker();
    // The item in hand had its time to finish; another worker runs it again.
    expect(aborted).to.have.length(1);
    await job.resume();
    gate.open('one');
    expect(await job.result()).to.have.property('status', 'completed');
    expect(began).to.deep.equal(['one', 'one']);
  });

  it('by a pause and a resume in a row, which disturbs nothing', async () => {
    const nodes = [
      { nodeName: 'one', algorithmName: 'wait', input: ['#[1...3]'], retry: { policy: 'Never' as const } },
    ];
    const job = await suite.start({ name: 'steered', nodes, options: { batchTolerance: 0 } });
    await running(3);
    for (let round = 0; round < 3; round++) {
      await job.pause();
      await job.resume();
    }
    [1, 2, 3].forEach((item) => {
      gate.open(`one#${String(item)}`);
    });
    expect(await job.result()).to.have.property('status', 'completed');
    expect(aborted).to.deep.equal([]);
  });

  it('by signals of the same names', async () => {
    const to = await listen();
    const job = await suite.start(pipeline('x', { webhooks: to.sharedWebhooks }));
    await running(1);
    const handle = suite.client.workflow.getHandle(job.jobId);
    // Twice, and where it can not be: nothing happens.
    for (const name of ['resume', 'pause', 'pause', 'resume', 'resume', 'pause']) await handle.signal(name);
    await handle.signal('stop', 'by signal');
    await to.until(({ received }) => received.length === 7);
    const told = ['pending', 'active', 'paused', 'resumed', 'paused', 'stopped'];
    expect(statusesOf(to.arrived)).to.deep.equal([...told, 'result stopped']);
    expect(await job.results()).to.include({ status: 'stopped', reason: 'by signal' });
    await handle.signal('stop').catch((error: unknown) => {
      expect(error).to.have.property('name', 'WorkflowNotFoundError');
    });
  });
});
