import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { runsByItem } from '../support/journal';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** Longer than a worker has for what is in hand when it is asked to stop. */
const SLOW = { kind: 'wait', ms: 60_000, firstRunOnly: true } as const;
const INTERRUPTED = 'the worker was shut down while it ran this task';
const UNHEARD = 'no heartbeat: the worker that ran this task was lost, or hangs';

describe('two worker processes that share a job', function () {
  this.timeout(120_000);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('run nothing twice when one is asked to stop, but what does not finish within its grace', async () => {
    const rig = await createRig(await sharedTemporal());
    const workers = await Promise.all([rig.startWorker(), rig.startWorker()]);
    const job = await rig.startJob({ width: 200, ms: 100, settings: { window: 8 }, faults: { 40: SLOW } });
    const { pid } = await job.untilRuns(40);
    const death = await workers.find((worker) => worker.pid === pid)?.stop();
    expect(death?.code).to.equal(0);

    job.expectResults(await job.expectEnd('completed'));
    const again = [...runsByItem(await job.runs())].filter(([, runs]) => runs.length > 1);
    expect(again.map(([item, runs]) => [item, runs.map((run) => run.pid === pid)])).to.deep.equal([
      [40, [true, false]],
    ]);
    // A small block begins without a word to the server: one that was lost on its way to a worker that stops asking, and
    // that nobody has begun, looks as if its worker was lost.
    expect(job.warnings().filter((text) => text !== UNHEARD)).to.deep.equal([INTERRUPTED]);
  });

  it('count no run of the items that a stop kept from beginning', async () => {
    const rig = await createRig(await sharedTemporal());
    const worker = await rig.startWorker();
    // Behind the first items, which ride alone, blocks hold a quarter of what is left.
    const job = await rig.startJob({ width: 40, ms: 50, settings: { window: 1 }, faults: { 18: SLOW } });
    await job.untilRuns(18);
    await worker.stop();
    await rig.startWorker();

    job.expectResults(await job.expectEnd('completed'));
    const again = (await job.runs()).filter(({ run }) => run > 1);
    expect(again.map(({ item }) => item)).to.deep.equal([18]);
    expect(job.warnings()).to.deep.equal([INTERRUPTED]);
  });

  it('lose no item that may run once when they are asked to stop in turn', async () => {
    const rig = await createRig(await sharedTemporal());
    const job = await rig.startJob({ width: 400, ms: 150, retry: { policy: 'Never' } });
    for (const items of [30, 60, 90]) {
      const worker = await rig.startWorker();
      await job.untilBegun(items);
      // It is handed tasks until it has stopped asking.
      await worker.stop();
    }
    await rig.startWorker();
    job.expectResults(await job.expectEnd('completed'));
    expect((await job.runs()).map(({ run }) => run)).to.deep.equal(job.items.map(() => 1));
    expect(job.warnings()).to.deep.equal([]);
  });
});
