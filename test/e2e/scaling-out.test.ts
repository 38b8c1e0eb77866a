import { expect } from 'chai';
import type { FaultJob } from '../support/fault-job';
import { useRigs, type FaultRig } from '../support/fault-rig';
import { expectShare, shareOf } from '../support/joining';
import { runAgainForNothing, runsByItem } from '../support/journal';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import type { Death } from '../support/worker-process';

/** Within it a worker that joins has work (issue: scaling out). */
const JOINED_WITHIN_MS = 5_000;
/** What a lost worker may cost a job: its blocks are known to be lost after ten seconds. The rest is for a busy machine. */
const LOSS_MS = 10_000 + 4_000;

describe('workers that share one wide batch', function () {
  this.timeout(120_000);
  const createRig = useRigs();
  let rig: FaultRig;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  beforeEach(async () => {
    rig = await createRig(await sharedTemporal());
  });

  it('take fair parts of it', async () => {
    const workers = await Promise.all([rig.startWorker(), rig.startWorker()]);
    const job = await rig.startJob({ width: 2_000, ms: 50 });
    job.expectResults(await job.expectEnd('completed'));
    const runs = await job.runs();
    expect(runs.map(({ item }) => item).toSorted((one, other) => one - other)).to.deep.equal(job.items);
    expect(job.warnings()).to.deep.equal([]);
    for (const { pid } of workers) expect(shareOf(pid, runs), `share of ${String(pid)}`).to.be.within(0.3, 0.7);
  });

  it('give some to one that joins', async () => {
    await expectShare(rig, { ms: 3_000, withinMs: JOINED_WITHIN_MS });
  });

  it('lose only the items in hand and ten seconds when one of them is killed', async () => {
    const workers = await Promise.all([rig.startWorker(), rig.startWorker()]);
    const scene = { width: 2_000, ms: 50 };
    const undisturbed = await timed(rig, scene);
    const { job, ms, deaths } = await timed(rig, scene, async (begun) => {
      await begun(scene.width / 2);
      return [await workers[0].kill()];
    });
    expect(deaths).to.have.length(1);
    expect(runAgainForNothing(await job.runs(), deaths)).to.deep.equal([]);
    const again = [...runsByItem(await job.runs()).values()].filter((all) => all.length > 1);
    expect(again, 'items that were in hand').to.not.be.empty;
    expect(ms - undisturbed.ms, 'ms longer than undisturbed').to.be.at.most(LOSS_MS);
  });
});

/** Runs a job to its end. */
async function timed(
  rig: FaultRig,
  scene: { readonly width: number; readonly ms: number },
  disturb: (begun: (count: number) => Promise<void>) => Promise<Death[]> = () => Promise.resolve([]),
): Promise<{ readonly job: FaultJob; readonly ms: number; readonly deaths: readonly Death[] }> {
  const startedAt = Date.now();
  const job = await rig.startJob(scene);
  const deaths = await disturb((count) => job.untilBegun(count));
  const result = await job.handle.result();
  const ms = Date.now() - startedAt;
  job.expectResults(result);
  return { job, ms, deaths };
}
