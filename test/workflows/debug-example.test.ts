import { expect } from 'chai';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';

/** The page's example, to the letter: its ids and time aside, the text after parsing it and writing it compactly. */
const EXAMPLE = JSON.stringify({
  pipeline: 'batch',
  level: 'debug',
  status: 'active',
  data: {
    progress: '33.33',
    details: '33.33% completed, 4 succeed, 2 active, 4 pending, 2 creating',
    activeNodes: [{ nodeName: 'green', algorithmName: 'green-alg', batch: { active: 6, total: 10 } }],
  },
});

describe("the page's example at level debug", () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      'green-alg': async ({ batchIndex = 0, jobId }, { signal }) => {
        if (batchIndex > 4) await gate.wait(jobId, signal);
        return batchIndex;
      },
      'next-alg': ({ input }) => input,
    },
    settings: { window: 2 },
  });
  const listen = useReceiver();

  it('is reached by a run with a window of two, in the webhook and by polling', async () => {
    const receiver = await listen();
    const job = await suite.start({
      name: 'batch',
      nodes: [
        { nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3,4,5,6,7,8,9,10]'] },
        ...['yellow', 'black'].map((nodeName) => ({ nodeName, algorithmName: 'next-alg', input: ['@green'] })),
      ],
      webhooks: receiver.webhooks,
      options: { progressVerbosityLevel: 'debug' },
    });
    const bodies = (): string[] => receiver.on('/progress').map(({ text }) => withoutIds(text));
    await receiver.until(() => bodies().includes(EXAMPLE));

    const polled = await job.status();
    expect(withoutIds(JSON.stringify(polled))).to.equal(EXAMPLE);

    gate.open(job.jobId);
    await receiver.until(({ results }) => results.length === 1);
    const data = receiver.results[0]?.data ?? [];
    expect(data.map(({ nodeName }) => nodeName)).to.deep.equal(['yellow', 'black']);
    expect(data[0]?.result).to.deep.equal([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
  });
});

/** Checks the place and the form of `jobId` and `timestamp`, and takes them off. */
function withoutIds(text: string): string {
  const start = /^\{"jobId":"batch:[0-9a-f-]{36}","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",/.exec(text);
  expect(start, text).to.not.equal(null);
  return `{${text.slice(start?.[0].length)}`;
}
