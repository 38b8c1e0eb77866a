import { expect } from 'chai';
import { fill, latencyOf, useBlackHoles } from '../support/isolation';
import { useReceiver, useWorker } from '../support/suite';

// Contract §7; with a hundred results for each hole: test/soak/isolation.test.ts.

const HOLES = 10;
const RESULTS = 10;
const JOBS = 40;
/** A machine that does other things too. */
const SLACK_MS = 150;

describe('receivers that never answer', () => {
  // As many requests at a time as there are results to be sent into the holes.
  const suite = useWorker({
    algorithms: { echo: ({ input }) => input[0] },
    webhooks: { concurrency: HOLES * RESULTS },
  });
  const listen = useReceiver();
  const open = useBlackHoles();

  it('are not in the way of one that does', async () => {
    const to = await listen();
    await latencyOf(suite, to, 5);
    const alone = await latencyOf(suite, to, JOBS);
    const holes = await open(HOLES);
    await fill(suite, holes, RESULTS);
    const beside = await latencyOf(suite, to, JOBS);
    expect(beside, `alone ${String(alone)} ms`).to.be.at.most(2 * alone + SLACK_MS);
    expect(beside).to.be.at.most(500 + SLACK_MS);
    for (const { most } of holes) expect(most).to.be.within(1, 8);
  });
});
