import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { attemptsOf, Delivery } from '../support/deliveries';
import type { FaultJob } from '../support/fault-job';
import { useRigs } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';
import type { WorkerProcess } from '../support/worker-process';

const HEARTBEAT_TIMEOUT = 10_000;
/** The last heartbeat may be a second old, and timers are late on a machine under load. */
const MARGIN = 4_000;
/**
 * What a hung worker had asked the server for still goes to it, and is missed only when it times out. So it may take a
 * few timeouts more until all is done by others.
 */
const DONE_WITHIN = 120_000;

describe('a worker that hangs', function () {
  this.timeout(2 * DONE_WITHIN);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  async function expectNoticed(job: FaultJob, hungAt: number): Promise<void> {
    const [first = Infinity] = await job.timeouts();
    expect(first - hungAt).to.be.within(HEARTBEAT_TIMEOUT - 2_000, HEARTBEAT_TIMEOUT + MARGIN);
    expect(job.warnings()).to.not.be.empty;
    for (const warning of job.warnings()) expect(warning).to.match(/heartbeat|lost/);
  }

  it('is done without, and what it answers when it goes on changes nothing', async () => {
    const rig = await createRig(await sharedTemporal());
    const workers = await Promise.all([rig.startWorker(), rig.startWorker()]);
    const job = await rig.startJob({ width: 100, ms: 200, settings: { window: 8 } });
    await job.untilBegun(30);
    const inHand = async (worker: WorkerProcess): Promise<number> =>
      (await job.runs()).filter(({ pid, ended }) => pid === worker.pid && ended === undefined).length;
    const hung = await until('one has half of the window', async () => {
      const counts = await Promise.all(workers.map(inHand));
      return workers[counts.findIndex((count) => count >= 4)];
    });
    hung.signal('SIGSTOP');
    const hungAt = Date.now();
    expect(await inHand(hung)).to.be.at.least(1);
    job.expectResults(await job.handle.result());

    hung.signal('SIGCONT');
    const next = await rig.startJob({ width: 400, ms: 200 });
    await until('it serves again', async () => (await next.runs()).some(({ pid }) => pid === hung.pid));
    await next.expectEnd('completed', DONE_WITHIN);
    const result = await job.expectEnd('completed', DONE_WITHIN);
    job.expectResults(result);
    expect(job.receiver.progress.at(-1)?.data?.details).to.equal('100.00% completed, 100 succeed');
    await expectNoticed(job, hungAt);
  });

  it('is one whose algorithm never yields', async () => {
    const rig = await createRig(await sharedTemporal());
    await Promise.all([rig.startWorker(), rig.startWorker()]);
    const spin = { kind: 'spin', ms: 15_000, firstRunOnly: true } as const;
    const job = await rig.startJob({ width: 100, ms: 200, settings: { window: 8 }, faults: { 20: spin } });
    job.expectResults(await job.handle.result());
    const spun = await until('the algorithm has come to its end', async () =>
      (await job.runs()).find(({ item, run, ended }) => item === 20 && run === 1 && ended !== undefined),
    );
    await job.expectEnd('completed', DONE_WITHIN);
    const runs = (await job.runs()).filter(({ item }) => item === 20);
    expect(runs.length).to.be.at.least(2);
    expect(job.receiver.progress.at(-1)?.data?.details).to.equal('100.00% completed, 100 succeed');
    await expectNoticed(job, spun.began);
  });

  it('makes no attempt at a webhook that is taken for lost already', async () => {
    const rig = await createRig(await sharedTemporal());
    const sendingQueue = `test-${randomUUID()}`;
    const [, hung] = await Promise.all([rig.startWorker(), rig.startWorker(sendingQueue)]);
    const options = {
      width: 1,
      ms: 1,
      settings: {
        webhookTaskQueue: `${sendingQueue}-webhooks`,
        attemptTimeoutMs: 1_000,
        retryScheduleMs: [0, 1_000, 1_000, 1_000],
      },
    };
    // By then it has asked the server for the next one.
    await (await rig.startJob(options)).expectEnd('completed');
    hung.signal('SIGSTOP');
    const job = await rig.startJob(options);
    await job.handle.result();
    const delivery = new Delivery((await sharedTemporal()).client, job.handle.jobId, 'result');
    await delivery.until('the first attempt is lost', ({ attempts }) => attempts[0]?.error === 'lost');

    hung.signal('SIGCONT');
    await until('the end of the delivery', async () => (await delivery.status()) === 'COMPLETED');
    const { attempts } = await delivery.record();
    const lost = attempts.filter(({ error }) => error === 'lost').map(({ attempt }) => attempt);
    expect(attemptsOf(job.receiver.arrivedOn('/result')).filter((attempt) => lost.includes(attempt))).to.be.empty;
  });
});
