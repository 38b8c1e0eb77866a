import { expect } from 'chai';
import { Delivery } from '../support/deliveries';
import { useReceiver, useWorker } from '../support/suite';

// A worker goes by its own clock, which may be another than the server's.

const HOUR = 3_600_000;

describe('a worker whose clock is wrong', function () {
  this.timeout(20_000);
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const listen = useReceiver();
  const { now } = Date;

  afterEach(() => {
    Date.now = now;
  });

  for (const [what, ms] of [
    ['3 s ahead', 3_000],
    ['an hour ahead', HOUR],
    ['an hour behind', -HOUR],
    ['right again', 0],
  ] as const) {
    it(`delivers with its first attempt where it is ${what}`, async () => {
      const to = await listen();
      Date.now = () => now() + ms;
      const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
      const job = await suite.start({ name: 'clock', nodes, webhooks: to.webhooks }, { retryScheduleMs: [0] });
      await job.result();
      const record = await new Delivery(suite.client, job.jobId, 'result').ended();
      expect(record?.attempts.map(({ statusCode, error }) => error ?? statusCode)).to.deep.equal([200]);
      await to.until(({ progress }) => progress.length === 3);
      expect(to.arrived).to.have.length(4);
    });
  }
});
