import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { useShortHistories } from '../support/lone-server';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

const ITEMS = 400;
/** Beyond the blocks that the job's own workflow runs. */
const LATE = 280;
const SEVERAL = 2;

/** Never gets blocks of one item, so that a history is long after few. */
const wide = (algorithmName: string): Pipeline => ({
  name: 'long',
  nodes: [
    { nodeName: 'green', algorithmName, input: [`#[1...${String(ITEMS)}]`], retry: { policy: 'Never', limit: 1 } },
    { nodeName: 'yellow', algorithmName: 'count-alg', input: ['@green'] },
  ],
});
const WIDE = wide('tenfold-alg');

describe('a job that is longer than one history', function () {
  this.timeout(400_000);
  const gate = new Gate();
  const aborted: string[] = [];
  const runs: Record<string, number> = {};
  const suite = useWorker(
    {
      algorithms: {
        'tenfold-alg': ({ input: [value] }) => {
          if (value === LATE + 1) throw new Error('one of those that batch workflows run');
          return Number(value) * 10;
        },
        'count-alg': ({ input: [values] }) => {
          const list = values as readonly (number | null)[];
          return { count: list.length, sum: list.reduce<number>((sum, value) => sum + (value ?? 0), 0) };
        },
        'first-alg': async ({ input: [value], jobId, batchIndex = 0 }, { signal }) => {
          if (batchIndex === 1) await gate.wait(jobId, signal);
          return value;
        },
        'middle-alg': async ({ input: [value], jobId, batchIndex = 0 }, { signal }) => {
          if (batchIndex !== LATE) return value;
          runs[jobId] = (runs[jobId] ?? 0) + 1;
          await gate.wait(jobId, signal).catch(() => aborted.push(jobId));
          return value;
        },
      },
    },
    useShortHistories(100),
  );
  const listen = useReceiver();
  const total = (ITEMS * (ITEMS + 1)) / 2;

  it('goes on in new runs, with every item once, in order, and its webhooks', async () => {
    const receiver = await listen();
    const { webhooks } = receiver;
    const handle = await suite.start({ ...WIDE, webhooks, options: { progressVerbosityLevel: 'debug' } });
    const result = await handle.result();
    expect(await runsOf(handle.jobId)).to.be.at.least(SEVERAL);
    expect(await batchesOf(handle.jobId)).to.be.at.least(1);
    expect(result.data?.map((entry) => entry.result)).to.deep.equal([
      { count: ITEMS, sum: total * 10 - 10 * (LATE + 1) },
    ]);

    await receiver.until(({ results, progress }) => results.length === 1 && progress.at(-1)?.status === 'completed');
    const sequences = receiver.on('/progress').map(({ headers }) => Number(headers['x-pipeline-sequence']));
    expect(sequences).to.deep.equal(sequences.map((_, index) => index + 1));
    const ids = receiver.on('/progress').map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).to.equal(ids.length);
    const finished = receiver.progress.map(({ data }) => Number(data?.progress ?? 0));
    expect(receiver.progress.filter(({ status }) => status === 'pending').length).to.equal(1);
    expect(finished.at(-1)).to.equal(100);
    await untilNoneRuns(handle.jobId);
  });

  it('is held back by no long item, of those that it runs itself', async () => {
    const handle = await suite.start(wide('first-alg'));
    await untilDone(handle, ITEMS - 1);
    gate.open(handle.jobId);
    expect((await handle.result()).data?.[0]?.result).to.deep.equal({ count: ITEMS, sum: total });
  });

  it('is held back by no long item, of those that batch workflows run, not even its next run', async () => {
    const handle = await suite.start(wide('middle-alg'));
    await untilDone(handle, ITEMS - 1);
    expect(await runsOf(handle.jobId)).to.be.at.least(SEVERAL);
    gate.open(handle.jobId);
    expect((await handle.result()).data?.[0]?.result).to.deep.equal({ count: ITEMS, sum: total });
    expect(runs[handle.jobId]).to.equal(1);
    await untilNoneRuns(handle.jobId);
  });

  it('is paused in a later run, finishes what it has in hand, and is resumed and stopped', async () => {
    const handle = await suite.start(wide('middle-alg'));
    await untilDone(handle, LATE + 50);
    expect((await handle.pause()).status).to.equal('paused');
    expect((await handle.status()).status).to.equal('paused');
    // Those that were handed out and not begun are given back, and only the long one is in hand.
    await until('one is in hand', async () => (await handle.status()).data?.details.includes(' 1 active') === true);
    await handle.resume();
    await untilDone(handle, ITEMS - 1);
    expect(aborted).not.to.include(handle.jobId);
    await handle.stop('enough');
    expect(await handle.result()).to.include({ status: 'stopped', reason: 'enough' });
    await until('the item is told', () => aborted.includes(handle.jobId));
    await untilNoneRuns(handle.jobId);
  });

  it('takes its batch workflows along where it is terminated', async () => {
    const handle = await suite.start(wide('middle-alg'));
    await untilDone(handle, ITEMS - 1);
    await suite.client.workflow.getHandle(handle.jobId).terminate('gone');
    await until('the item is told', () => aborted.includes(handle.jobId), 60_000);
    await untilNoneRuns(handle.jobId);
  });

  it('loses what a batch workflow had that is terminated, and nothing else', async () => {
    const handle = await suite.start(wide('middle-alg'));
    await untilDone(handle, ITEMS - 1);
    for await (const { workflowId } of suite.client.workflow.list({ query: batchQuery(handle.jobId, true) }))
      await suite.client.workflow.getHandle(workflowId).terminate('by hand');
    // Under its policy an item that may have started is not run again.
    expect((await handle.result()).data?.[0]?.result).to.deep.equal({ count: ITEMS, sum: total - LATE });
    expect(runs[handle.jobId]).to.equal(1);
  });

  type Handle = Awaited<ReturnType<typeof suite.start>>;

  async function untilDone(handle: Handle, least: number): Promise<void> {
    await until(
      `${String(least)} items are done`,
      async () => Number(/(\d+) succeed/.exec((await handle.status()).data?.details ?? '')?.[1]) >= least,
      300_000,
    );
  }

  async function untilNoneRuns(jobId: string): Promise<void> {
    const query = batchQuery(jobId, true);
    const count = async (): Promise<number> => (await suite.client.workflow.count(query)).count;
    await until('no batch workflow is left', async () => (await count()) === 0);
  }

  async function runsOf(jobId: string): Promise<number> {
    return (await suite.client.workflow.count(`WorkflowId = '${jobId}'`)).count;
  }

  async function batchesOf(jobId: string): Promise<number> {
    return (await suite.client.workflow.count(batchQuery(jobId, false))).count;
  }

  function batchQuery(jobId: string, isRunning: boolean): string {
    const whose = `WorkflowId STARTS_WITH '${jobId}/batch/'`;
    return isRunning ? `${whose} AND ExecutionStatus = 'Running'` : whose;
  }
});
