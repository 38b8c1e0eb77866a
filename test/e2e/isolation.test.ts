import { expect } from 'chai';
import { NODES, useBlackHoles } from '../support/isolation';
import { useReceiver, useWorker } from '../support/suite';

// Contract §7. How fast it is with a hundred results for each hole: test/soak/isolation.test.ts.

const HOLES = 10;
const RESULTS = 10;
const JOBS = 5;

describe('receivers that never answer', function () {
  this.timeout('180s');
  // First, so that it ends first: a worker that stops lets its requests end.
  const blackHoles = useBlackHoles();
  // As many requests at a time as there are results to be sent into the holes.
  const suite = useWorker({
    algorithms: { echo: ({ input }) => input[0] },
    webhooks: { concurrency: HOLES * RESULTS },
    settings: { attemptTimeoutMs: 120_000 },
  });
  const listen = useReceiver();

  it('hold so many requests each, and are not in the way of one that answers', async () => {
    const holes = await blackHoles.open(HOLES);
    await blackHoles.fill(suite, RESULTS);
    expect(holes.map(({ sockets }) => sockets.size)).to.deep.equal(Array(HOLES).fill(8));
    const to = await listen();
    await Promise.all(
      Array.from({ length: JOBS }, () => suite.start({ name: 'healthy', nodes: NODES, webhooks: to.webhooks })),
    );
    // Pending, active, completed, and the result: while every request to a hole is still its first.
    await to.until(({ received }) => received.length === JOBS * 4, 90_000);
    expect(holes.map(({ accepted }) => accepted)).to.deep.equal(Array(HOLES).fill(8));
  });
});
