import { expect } from 'chai';
import { Delivery, expectAgreement } from '../support/deliveries';
import { useRigs } from '../support/fault-rig';
import { useOwnServers } from '../support/own-server';
import { useReceiver } from '../support/suite';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';

const JOBS = 100;

describe('a Temporal server that is killed with a hundred deliveries waiting', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const startServer = useOwnServers();
  const createRig = useRigs();
  const listen = useReceiver();

  it('loses none of them, and makes no second of any', async () => {
    const server = await startServer();
    const rig = await createRig(server);
    await rig.startWorker();
    let up = false;
    const to = await listen(() => (up ? 200 : 503));
    const client = rig.createClient({
      attemptTimeoutMs: 5_000,
      retryScheduleMs: [0, ...Array<number>(20).fill(4_000)],
    });
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, () =>
        client.start({
          name: 'waiting',
          // Without a task it is over at once: its end is what is told.
          nodes: [{ nodeName: 'none', algorithmName: 'journal-alg', input: ['#[]'] }],
          webhooks: { result: `${to.url}/result` },
        }),
      ),
    );
    const ids = (): Set<unknown> => new Set(to.received.map(({ headers }) => headers['webhook-id']));
    await to.until(() => ids().size === JOBS, 60_000);
    await server.kill();
    await server.restart();
    up = true;

    const records = await Promise.all(jobs.map(({ jobId }) => new Delivery(server.client, jobId, 'result').ended()));
    expect(new Set(records.map((record) => record?.id))).to.deep.equal(ids());
    for (const record of records) {
      if (record === null) throw new Error('there was no event');
      expect(record.state).to.equal('delivered');
      expect(record.attempts.length).to.be.at.least(2);
      expect(expectAgreement(record, to), record.id).to.equal(1);
    }
  });
});
