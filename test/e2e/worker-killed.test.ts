import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { runAgainForNothing, runsByItem } from '../support/journal';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import type { Death } from '../support/worker-process';

const WIDTH = 200;
const WINDOW = 8;
/** The shares of the items that have begun when the worker is killed. */
const KILLED_AT = [0.25, 0.5, 0.75];

describe('a worker that is killed again and again in the middle of a batch', function () {
  this.timeout(120_000);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('costs nothing but the items in hand, and no webhook', async () => {
    const rig = await createRig(await sharedTemporal());
    const worker = await rig.keepWorker();
    const job = await rig.startJob({ width: WIDTH, ms: 100, settings: { window: WINDOW } });
    const deaths: Death[] = [];
    for (const share of KILLED_AT) {
      await job.untilBegun(WIDTH * share);
      deaths.push(await worker.kill());
    }

    job.expectResults(await job.expectEnd('completed'));
    const runs = await job.runs();
    expect(runAgainForNothing(runs, deaths)).to.deep.equal([]);
    for (const { pid } of deaths) {
      const inHand = runs.filter((run) => run.pid === pid && run.ended === undefined);
      expect(inHand.length, `in hand of ${String(pid)}`).to.be.within(1, WINDOW);
    }
    // 1 + the default limit.
    expect(Math.max(...runs.map(({ run }) => run))).to.be.at.most(4);
    expect(new Set(runs.filter(({ ended }) => ended !== undefined).map(({ item }) => item)).size).to.equal(WIDTH);
    expect(job.warnings()).to.not.be.empty;
  });

  it('runs again no more of a large block than its first items, where it has not got beyond them', async () => {
    const rig = await createRig(await sharedTemporal());
    await rig.keepWorker();
    // One item at first, then a block of as many as are worth it: the tenth item is its ninth.
    const killer = { kind: 'kill', ms: 0, firstRunOnly: true } as const;
    const job = await rig.startJob({ width: 600, ms: 5, faults: { 10: killer }, settings: { window: 1 } });
    job.expectResults(await job.expectEnd('completed'));
    const again = [...runsByItem(await job.runs()).values()].flatMap((runs) => {
      const last = runs.at(-1);
      return last !== undefined && last.run > 1 ? [last.item] : [];
    });
    expect(again).to.include(10);
    expect(Math.max(...again)).to.be.at.most(1 + 16);
  });
});
