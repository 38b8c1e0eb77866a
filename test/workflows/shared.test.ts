import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { historyOf } from '../support/job-history';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// The first items of a node share a block, and do not wait for each other where they take their time (DESIGN.md).

describe('the first items of a node', () => {
  const gate = new Gate();
  let began: string[] = [];
  const spin = (ms: number): void => {
    for (const end = Date.now() + ms; Date.now() < end;);
  };
  const algorithms: Algorithms = {
    quick: ({ input }) => Number(input[0]) * 10,
    held: async ({ jobId, taskId }, { signal }) => {
      began.push(taskId);
      await gate.wait(jobId, signal);
      return taskId;
    },
    'first-held': {
      concurrency: 4,
      run: async ({ jobId, input: [item] }, { signal }) => {
        if (item === 1) await gate.wait(jobId, signal);
        return item;
      },
    },
    spins: ({ taskId }) => {
      began.push(taskId);
      spin(300);
      return taskId;
    },
    fails: ({ input: [item] }) => {
      if (item === 2) throw new Error('two');
      return item;
    },
  };
  const suite = useWorker({ algorithms });
  beforeEach(() => {
    began = [];
  });

  const pipeline = (algorithmName: string, input: string, rest: Partial<Pipeline> = {}): Pipeline => ({
    name: 'shared',
    nodes: [{ nodeName: 'green', algorithmName, input: [input] }],
    ...rest,
  });

  it('are one activity where they are quick', async () => {
    const job = await suite.start(pipeline('quick', '#[1...16]'));
    const { data } = await job.result();
    expect(data?.map(({ result }) => result)).to.deep.equal(Array.from({ length: 16 }, (_, index) => 10 * (index + 1)));
    expect((await historyOf(suite.client, job.jobId)).scheduled).to.equal(1);
  });

  it('are one activity where they are quick, on a worker that is busy with others', async () => {
    const busy = await suite.start(pipeline('spins', '#[1...8]'));
    await until('it is busy', () => Promise.resolve(began.length > 0));
    const job = await suite.start(pipeline('quick', '#[1...3]'));
    expect((await job.result()).data).to.have.lengthOf(3);
    expect((await historyOf(suite.client, job.jobId)).scheduled).to.equal(1);
    await busy.result();
  });

  it('are all in hand at once where they take their time, however long', async () => {
    const job = await suite.start(pipeline('held', '#[1...5]'));
    await until('all have begun', () => Promise.resolve(began.length === 5));
    const { data } = await job.status();
    expect(data?.details).to.equal('0.00% completed, 5 active');
    gate.open(job.jobId);
    expect((await job.result()).data).to.have.lengthOf(5);
    expect(new Set(began)).to.have.lengthOf(5);
  });

  it('that have ended do not wait for one that has begun with them and takes its time', async () => {
    const job = await suite.start(pipeline('first-held', '#[1...4]'));
    await until(
      'they have ended',
      async () => (await job.status()).data?.details.includes('3 succeed, 1 active') === true,
    );
    gate.open(job.jobId);
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([1, 2, 3, 4]);
    expect((await historyOf(suite.client, job.jobId)).scheduled).to.equal(1);
  });

  it('run once each where they never yield', async () => {
    const job = await suite.start(pipeline('spins', '#[1...4]'));
    expect((await job.result()).data).to.have.lengthOf(4);
    expect([...began].sort()).to.deep.equal(['green#1', 'green#2', 'green#3', 'green#4']);
  });

  it('fail by themselves', async () => {
    const job = await suite.start(pipeline('fails', '#[1...3]'));
    const { status, data } = await job.result();
    expect(status).to.equal('completed');
    expect(data?.map(({ result, error }) => result ?? error)).to.deep.equal([1, 'two', 3]);
  });

  it('leave what shares blocks behind them to others where it takes its time', async () => {
    const job = await suite.start(pipeline('held', '#[1...120]'));
    const isSpread = async (): Promise<boolean> =>
      began.length === 50 && (await job.status()).data?.details === '0.00% completed, 50 active, 70 pending';
    await until('one of each block has begun', isSpread);
    gate.open(job.jobId);
    expect((await job.result()).data).to.have.lengthOf(120);
    expect(new Set(began)).to.have.lengthOf(120);
    expect(began).to.have.lengthOf(120);
  });
});
