import { expect } from 'chai';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import type { FaultJob } from '../support/fault-job';
import { attemptsOf, Delivery, expectAgreement, statusesOf } from '../support/deliveries';
import { useRigs, type FaultRig } from '../support/fault-rig';
import type { KeptWorker } from '../support/kept-worker';
import { NEVER, type Answer } from '../support/receiver';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** An attempt whose worker is lost is known as such after its deadline and five seconds. */
const SETTINGS: Partial<JobSettings> = { attemptTimeoutMs: 1_000, retryScheduleMs: [0, 3_000, 1_000] };

describe('a worker that is killed while it delivers a result', function () {
  this.timeout(60_000);
  const listen = useReceiver();
  const createRig = useRigs();
  let rig: FaultRig;
  let worker: KeptWorker;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  beforeEach('start a worker', async () => {
    rig = await createRig(await sharedTemporal());
    worker = await rig.keepWorker();
  });

  /** A job of one item, whose first result is answered so. */
  async function start(first: () => ReturnType<Answer>): Promise<FaultJob> {
    const receiver = await listen(({ path }, count) => (path === '/result' && count === 1 ? first() : 200));
    return rig.startJob({ width: 1, ms: 0, settings: SETTINGS, receiver });
  }

  /** What was attempted: the status that was answered, or why there is none. */
  function told({ attempts }: DeliveryRecord): unknown[] {
    return attempts.map(({ statusCode, error, trigger }) => `${trigger} ${String(statusCode ?? error)}`);
  }

  async function delivered({ handle, receiver }: FaultJob): Promise<{ record: DeliveryRecord; taken: number }> {
    const { client } = await sharedTemporal();
    const record = await new Delivery(client, handle.jobId, 'result').ended();
    if (record === null) throw new Error('there was no event');
    expect(record.state).to.equal('delivered');
    // No second id, and nothing but what the log says.
    expect(new Set(receiver.arrivedOn('/result').map(({ headers }) => headers['webhook-id']))).to.deep.equal(
      new Set([record.id]),
    );
    return { record, taken: expectAgreement(record, receiver) };
  }

  it('during the request: the attempt is lost, and another one is made', async () => {
    const job = await start(() => NEVER);
    await job.receiver.until(() => job.receiver.arrivedOn('/result').length === 1);
    await worker.kill();
    const { record, taken } = await delivered(job);
    expect(told(record)).to.deep.equal(['auto lost', 'auto 200']);
    expect([job.receiver.arrivedOn('/result').length, taken]).to.deep.equal([2, 1]);
  });

  it('during the back-off: nothing is lost, and no attempt is made twice', async () => {
    const job = await start(() => 500);
    const { client } = await sharedTemporal();
    const delivery = new Delivery(client, job.handle.jobId, 'result');
    await job.receiver.until(() => job.receiver.on('/result').length === 1);
    await delivery.until('it waits', ({ nextAttemptAt }) => nextAttemptAt !== undefined);
    await worker.kill();
    const { record, taken } = await delivered(job);
    expect(told(record)).to.deep.equal(['auto 500', 'auto 200']);
    expect([job.receiver.arrivedOn('/result').length, taken]).to.deep.equal([2, 1]);
  });

  it('between the answer and its recording: the only case of a duplicate', async () => {
    const job = await start(() => {
      // Whatever is answered now it can not read any more.
      process.kill(worker.pid, 'SIGSTOP');
      return 200;
    });
    await job.receiver.untilAnswered('/result');
    await worker.kill();
    const { record, taken } = await delivered(job);
    expect(told(record)).to.deep.equal(['auto lost', 'auto 200']);
    expect([job.receiver.arrivedOn('/result').length, taken]).to.deep.equal([2, 2]);
  });

  describe('during the second of two events that go together', () => {
    /** @param ms how long the item works */
    async function startPair(ms: number): Promise<FaultJob> {
      const receiver = await listen(({ path }, count) => (path === '/progress' && count === 2 ? NEVER : 200));
      const retry = { policy: 'OnCrash', limit: 3 } as const;
      const job = await rig.startJob({ width: 1, ms, retry, settings: { progressTimeoutMs: 1_000 }, receiver });
      await receiver.until(() => receiver.arrivedOn('/progress').length === 2);
      await worker.kill();
      return job;
    }

    function toldOnce(job: FaultJob, status: string): number[] {
      const arrived = job.receiver.arrivedOn('/progress');
      return attemptsOf(arrived.filter((_, position) => statusesOf(arrived)[position] === status));
    }

    it('the first is not sent again behind it', async () => {
      // So long that the loss is known while the job runs.
      const job = await startPair(8_000);
      await job.expectEnd('completed', 30_000);
      expect(toldOnce(job, 'pending')).to.deep.equal([1]);
      expect(toldOnce(job, 'active').slice(0, 2)).to.deep.equal([1, 2]);
    });

    it('nor where the job ends meanwhile, and what follows waits until it is over', async () => {
      const job = await startPair(0);
      await job.expectEnd('completed', 30_000);
      expect(toldOnce(job, 'pending')[0]).to.equal(1);
      const arrived = job.receiver.arrivedOn('/progress');
      // Its deadlines, of both, and what a worker is given beyond them before it is taken for lost.
      expect((arrived[2]?.at ?? 0) - (arrived[1]?.at ?? 0)).to.be.at.least(6_500);
    });
  });
});
