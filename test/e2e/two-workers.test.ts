import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

describe('two worker processes that share a job', function () {
  this.timeout(120_000);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('both work, and run each item once', async () => {
    const rig = await createRig(await sharedTemporal());
    const workers = await Promise.all([rig.startWorker(), rig.startWorker()]);
    const job = await rig.startJob({ width: 400, ms: 200 });
    job.expectResults(await job.expectEnd('completed'));
    const runs = await job.runs();
    expect(runs.map(({ item }) => item).toSorted((one, other) => one - other)).to.deep.equal(job.items);
    expect(new Set(runs.map(({ pid }) => pid))).to.deep.equal(new Set(workers.map(({ pid }) => pid)));
    expect(job.warnings()).to.deep.equal([]);
  });
});
