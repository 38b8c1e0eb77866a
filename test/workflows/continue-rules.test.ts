import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import type { JobHandle } from '../../src/client';
import type { ProgressBody } from '../../src/domain/events';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { useShortHistories } from '../support/lone-server';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// What holds of any job holds of one that is several runs and batch workflows (DESIGN.md, «Width»).

const ITEMS = 300;
/** Beyond the blocks that the job's own workflow runs. */
const LATE = 230;
const numbers = Array.from({ length: ITEMS }, (_, index) => index + 1);
const isUnlucky = (item: number): boolean => item % 50 === 7;

describe('a job of several runs and batch workflows', function () {
  this.timeout(300_000);
  const gate = new Gate();
  const begun = new Map<string, number>();
  const aborted: string[] = [];
  /** Jobs of which an item has run that batch workflows run, while the node that it waits for is at work. */
  const reached = new Set<string>();
  const note = (jobId: string): void => {
    begun.set(jobId, (begun.get(jobId) ?? 0) + 1);
  };
  const hold = async (jobId: string, name: string, signal: AbortSignal): Promise<void> => {
    await gate.wait(`${jobId} ${name}`, signal).catch((error: unknown) => {
      aborted.push(`${jobId} ${name}`);
      throw error;
    });
  };
  // In blocks of one item, so that histories are long after few.
  const algorithms: Algorithms = {
    'green-alg': {
      blockSize: 1,
      run: async ({ input: [value], jobId, batchIndex = 0 }, { signal }) => {
        note(jobId);
        if (isUnlucky(batchIndex)) throw new Error('unlucky');
        if (batchIndex === ITEMS) await hold(jobId, 'last', signal);
        return value;
      },
    },
    'yellow-alg': {
      blockSize: 1,
      run: ({ input: [value], jobId, batchIndex }) => {
        note(jobId);
        if (batchIndex === LATE) reached.add(jobId);
        return Number(value) * 10;
      },
    },
    'count-alg': ({ input: [values] }) => (values as readonly unknown[]).filter((value) => value !== null).length,
    'late-alg': {
      blockSize: 1,
      run: async ({ input: [value], jobId, batchIndex = 0 }, { signal }) => {
        if (batchIndex === LATE) await hold(jobId, 'late', signal);
        if (batchIndex > LATE) throw new Error('late');
        return value;
      },
    },
  };
  const suite = useWorker({ algorithms }, useShortHistories(100));
  const listen = useReceiver();

  const chained = (yellow: string): Pipeline => ({
    name: 'rules',
    nodes: [
      { nodeName: 'green', algorithmName: 'green-alg', input: [`#[1...${String(ITEMS)}]`] },
      { nodeName: 'yellow', algorithmName: yellow, input: ['*@green'], includeInResults: true },
      { nodeName: 'red', algorithmName: 'count-alg', input: ['@yellow'] },
    ],
    options: { progressVerbosityLevel: 'debug' },
  });

  it('runs each item as soon as the one that it waits for has succeeded, is paused, and counts right throughout', async () => {
    const receiver = await listen();
    const job = await suite.start({ ...chained('yellow-alg'), webhooks: receiver.webhooks });
    await until('a late item has run', () => reached.has(job.jobId), 120_000);
    expect((await job.pause()).status).to.equal('paused');
    gate.open(`${job.jobId} last`);
    await until('no item is in hand', async () => !(await detailsOf(job)).includes(' active'));
    const inHand = begun.get(job.jobId);
    const runs = await runsOf(job);
    await job.resume();
    const { data = [] } = await job.result();
    expect(begun.get(job.jobId)).to.be.above(inHand ?? 0);
    expect(begun.get(job.jobId), 'items that ran').to.equal(2 * ITEMS - numbers.filter(isUnlucky).length);
    expect(runs).to.be.at.least(2);

    const lucky = numbers.filter((item) => !isUnlucky(item));
    const entries = lucky.map((item) => {
      return { nodeName: 'yellow', batchID: `yellow#${String(item)}`, algorithmName: 'yellow-alg', result: item * 10 };
    });
    expect(data).to.deep.equal([...entries, { nodeName: 'red', algorithmName: 'count-alg', result: lucky.length }]);

    await receiver.until(({ progress }) => progress.at(-1)?.status === 'completed');
    expectCounts(receiver.progress);
    const unlucky = String(ITEMS - lucky.length);
    expect(receiver.progress.at(-1)?.data?.details).to.equal(
      `100.00% completed, ${String(2 * lucky.length + 1)} succeed, ${unlucky} failed, ${unlucky} skipped`,
    );
    await untilNoneRuns(job);
  });

  it('fails by its tolerance at once, though an item of a batch workflow is at work', async () => {
    const receiver = await listen();
    const job = await suite.start({
      name: 'rules',
      nodes: [{ nodeName: 'green', algorithmName: 'late-alg', input: [`#[1...${String(ITEMS)}]`] }],
      options: { batchTolerance: 10, progressVerbosityLevel: 'debug' },
      webhooks: receiver.webhooks,
    });
    const { status, error, nodeName, failures } = await job.result();
    expect({ status, nodeName }).to.deep.equal({ status: 'failed', nodeName: 'green' });
    expect(error).to.equal(
      `${String(ITEMS / 10)}/${String(ITEMS)} (10%) failed tasks, batch tolerance is 10%, error: late`,
    );
    expect(failures).to.have.lengthOf(10);
    await until('the item is told', () => aborted.includes(`${job.jobId} late`));
    await receiver.until(({ progress }) => progress.at(-1)?.status === 'failed');
    expectCounts(receiver.progress);
    expect(receiver.progress.at(-1)?.data?.details).to.match(/, \d+ succeed, 30 failed, \d+ stopped$/);
    await untilNoneRuns(job);
  });

  it('is stopped with all that waits for an item of it', async () => {
    const receiver = await listen();
    const job = await suite.start({ ...chained('late-alg'), webhooks: receiver.webhooks });
    await untilDone(job, LATE + 100);
    await job.stop('enough');
    expect(await job.result()).to.include({ status: 'stopped', reason: 'enough' });
    await receiver.until(({ progress }) => progress.at(-1)?.status === 'stopped');
    expectCounts(receiver.progress);
    expect(receiver.progress.at(-1)?.data?.details).not.to.match(/active|pending|creating/);
    await untilNoneRuns(job);
  });

  /** All tasks in each event, and never fewer that have finished. */
  function expectCounts(progress: readonly ProgressBody[]): void {
    const counted = progress.flatMap(({ data }) => (data === undefined ? [] : [countsOf(data.details)]));
    expect(counted.length).to.be.above(3);
    counted.forEach(({ all, finished }, position) => {
      expect(all).to.equal(counted.at(-1)?.all);
      expect(finished).to.be.at.least(counted[position - 1]?.finished ?? 0);
    });
  }

  function countsOf(details: string): { all: number; finished: number } {
    const counts = [...details.matchAll(/, (\d+) (\w+)/g)].map(([, count, status = '']) => {
      return { count: Number(count), status };
    });
    const sum = (some: typeof counts): number => some.reduce((total, { count }) => total + count, 0);
    const isFinished = ({ status }: { status: string }): boolean => ['succeed', 'failed', 'skipped'].includes(status);
    return { all: sum(counts), finished: sum(counts.filter(isFinished)) };
  }

  async function detailsOf(job: JobHandle): Promise<string> {
    return (await job.status()).data?.details ?? '';
  }

  async function untilDone(job: JobHandle, least: number): Promise<void> {
    const done = async (): Promise<number> => Number(/(\d+) succeed/.exec(await detailsOf(job))?.[1] ?? 0);
    await until(`${String(least)} items are done`, async () => (await done()) >= least, 120_000);
  }

  async function untilNoneRuns({ jobId }: JobHandle): Promise<void> {
    const query = `WorkflowId STARTS_WITH '${jobId}/batch/'`;
    expect((await suite.client.workflow.count(query)).count).to.be.at.least(1);
    const left = `${query} AND ExecutionStatus = 'Running'`;
    await until('no batch workflow is left', async () => (await suite.client.workflow.count(left)).count === 0);
  }

  async function runsOf({ jobId }: JobHandle): Promise<number> {
    return (await suite.client.workflow.count(`WorkflowId = '${jobId}'`)).count;
  }
});
