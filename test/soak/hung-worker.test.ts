import { expect } from 'chai';
import type { FaultJob } from '../support/fault-job';
import { useRigs } from '../support/fault-rig';
import type { Run } from '../support/journal';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

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
    const [hung] = [await rig.startWorker(), await rig.startWorker()];
    const job = await rig.startJob({ width: 100, ms: 200, settings: { window: 8 } });
    const isInHand = (run: Run): boolean => run.pid === hung.pid && run.ended === undefined;
    await job.untilBegun(30);
    await until('it has work in hand', async () => (await job.runs()).some(isInHand));
    hung.signal('SIGSTOP');
    const hungAt = Date.now();
    job.expectResults(await job.handle.result());

    hung.signal('SIGCONT');
    const next = await rig.startJob({ width: 200, ms: 50, settings: { window: 8 } });
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
});
