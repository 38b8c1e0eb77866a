import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

const ITEMS = 1_500;
/** Never gets blocks of one item, so each item costs the history some six events. */
const WIDE: Pipeline = {
  name: 'long',
  nodes: [
    {
      nodeName: 'green',
      algorithmName: 'tenfold-alg',
      input: [`#[1...${String(ITEMS)}]`],
      retry: { policy: 'Never', limit: 1 },
    },
    { nodeName: 'yellow', algorithmName: 'count-alg', input: ['@green'] },
  ],
};

describe('a job that is longer than one history', function () {
  // Without a cache each of its thousand tasks replays up to four thousand events.
  this.timeout(400_000);
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      'tenfold-alg': ({ input: [value] }) => {
        if (value === 700) throw new Error('seven hundred');
        return Number(value) * 10;
      },
      'count-alg': ({ input: [values] }) => {
        const list = values as readonly (number | null)[];
        return { count: list.length, sum: list.reduce<number>((sum, value) => sum + (value ?? 0), 0) };
      },
      'held-alg': async ({ jobId, batchIndex = 0 }, { signal }) => {
        if (batchIndex >= ITEMS) await gate.wait(jobId, signal);
      },
    },
  });
  const listen = useReceiver();

  it('goes on in new runs, with every item once, in order, and its webhooks', async () => {
    const receiver = await listen();
    const { webhooks } = receiver;
    const handle = await suite.start({ ...WIDE, webhooks, options: { progressVerbosityLevel: 'debug' } });
    const result = await handle.result();
    expect(await runsOf(handle.jobId)).to.be.greaterThan(1);
    const sum = (ITEMS * (ITEMS + 1) * 10) / 2 - 7_000;
    expect(result.data?.map((entry) => entry.result)).to.deep.equal([{ count: ITEMS, sum }]);

    await receiver.until(({ results, progress }) => results.length === 1 && progress.at(-1)?.status === 'completed');
    const sequences = receiver.on('/progress').map(({ headers }) => Number(headers['x-pipeline-sequence']));
    expect(sequences).to.deep.equal(sequences.map((_, index) => index + 1));
    const ids = receiver.on('/progress').map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).to.equal(ids.length);
    const finished = receiver.progress.map(({ data }) => Number(data?.progress ?? 0));
    expect(receiver.progress.filter(({ status }) => status === 'pending').length).to.equal(1);
    expect(finished.at(-1)).to.equal(100);
  });

  it('is paused, resumed and stopped in a later run as in the first', async () => {
    const [first] = WIDE.nodes;
    if (first === undefined) throw new Error('no node');
    const handle = await suite.start({
      ...WIDE,
      nodes: [{ ...first, algorithmName: 'held-alg', input: [`#[1...${String(ITEMS + 10)}]`] }],
    });
    await until(
      'the last items are held',
      async () => {
        return (await handle.status()).data?.details.includes(`${String(ITEMS - 1)} succeed`) === true;
      },
      300_000,
    );
    expect(await runsOf(handle.jobId)).to.be.greaterThan(1);
    expect((await handle.pause()).status).to.equal('paused');
    expect((await handle.status()).status).to.equal('paused');
    await handle.resume();
    await handle.stop('enough');
    expect(await handle.result()).to.include({ status: 'stopped', reason: 'enough' });
  });

  async function runsOf(jobId: string): Promise<number> {
    let runs = 0;
    for await (const run of suite.client.workflow.list({ query: `WorkflowId = '${jobId}'` }))
      runs += run.runId === '' ? 0 : 1;
    return runs;
  }
});
