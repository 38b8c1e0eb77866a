import { expect } from 'chai';
import { latencyOf, useBlackHoles } from '../support/isolation';
import { useReceiver, useWorker } from '../support/suite';

// Contract §7, in full: ten receivers that never answer with a hundred results each, beside one that does.

const JOBS = 100;
const SLACK_MS = 100;

describe('ten black holes with a hundred results each', () => {
  const blackHoles = useBlackHoles();
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const listen = useReceiver();

  it('are not in the way of a receiver that answers', async () => {
    const to = await listen();
    await latencyOf(suite, to, 10);
    const alone = await latencyOf(suite, to, JOBS);
    const holes = await blackHoles.open(10);
    await blackHoles.fill(suite, 100);
    const beside = await latencyOf(suite, to, JOBS);
    process.stdout.write(`      p95 alone ${String(alone)} ms, beside ${String(beside)} ms\n`);
    expect(beside).to.be.at.most(2 * alone + SLACK_MS);
    expect(beside).to.be.at.most(500 + SLACK_MS);
    for (const { most } of holes) expect(most).to.be.within(1, 8);
  });
});
