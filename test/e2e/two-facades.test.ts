import { expect } from 'chai';
import type { JobSettings } from '../../src/domain/settings';
import { Delivery, expectAgreement } from '../support/deliveries';
import { startTestFacade, type TestFacade } from '../support/facade';
import { useRigs } from '../support/fault-rig';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

const JOBS = 200;
/** So many results have arrived when a worker is killed. */
const KILLED_AT = 60;
const SETTINGS: Partial<JobSettings> = { attemptTimeoutMs: 2_000, retryScheduleMs: [0, 1_000, 1_000, 1_000] };

describe('two workers and two facades that share two hundred jobs', function () {
  this.timeout(240_000);
  const createRig = useRigs();
  const listen = useReceiver();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('deliver each result once, but where a kill fell between an answer and its recording', async () => {
    const temporal = await sharedTemporal();
    const rig = await createRig(temporal);
    const to = await listen();
    const workers = await Promise.all([rig.keepWorker(), rig.keepWorker()]);
    const options = { pipelines: rig.createClient(SETTINGS) };
    const start = (): Promise<TestFacade> => startTestFacade(temporal, rig.taskQueue, ['journal-alg'], options);
    const facades = await Promise.all([start(), start()]);
    try {
      const killed = to.until(() => to.received.length >= KILLED_AT, 60_000).then(() => workers[0].kill());
      const jobIds = await Promise.all(Array.from({ length: JOBS }, (_, index) => submit(facades[index % 2])));
      expect(new Set(jobIds)).to.have.property('size', JOBS);
      await killed;
      const taken = (): number => new Set(to.received.map(({ headers }) => headers['webhook-id'])).size;
      await to.until(() => taken() === JOBS, 150_000);

      const records = await Promise.all(jobIds.map((jobId) => new Delivery(temporal.client, jobId, 'result').ended()));
      const ids = new Set(to.arrived.map(({ headers }) => headers['webhook-id']));
      expect(new Set(records.map((record) => record?.id))).to.deep.equal(ids);
      for (const record of records) {
        if (record === null) throw new Error('there was no event');
        expect(record.state).to.equal('delivered');
        const times = expectAgreement(record, to);
        const lost = record.attempts.filter(({ error }) => error === 'lost').length;
        expect(times, record.id).to.be.within(1, 1 + lost);
      }
      // Whom one of them has started, the other knows.
      const told = new Map(to.arrived.map(({ text }) => [(JSON.parse(text) as { jobId: string }).jobId, text]));
      for (const index of [0, 1, JOBS / 2, JOBS - 1]) {
        const jobId = jobIds[index] ?? '';
        const answer = await facades[(index + 1) % 2]?.get(`/api/v1/exec/results/${jobId}`);
        expect(JSON.stringify(answer?.body)).to.equal(told.get(jobId));
      }
    } finally {
      await Promise.all(facades.map((facade) => facade.close()));
    }

    async function submit(facade: TestFacade | undefined): Promise<string> {
      const answer = await facade?.post('/api/v1/exec/raw', {
        name: 'shared',
        nodes: [{ nodeName: 'none', algorithmName: 'journal-alg', input: ['#[]'] }],
        webhooks: { result: `${to.url}/result` },
      });
      expect(answer).to.have.property('status', 200);
      return (answer?.body as { jobId: string }).jobId;
    }
  });
});
