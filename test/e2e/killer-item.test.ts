import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

const KILLER = 30;

describe('an item that kills its process', function () {
  this.timeout(180_000);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('fails alone after its last run, though its siblings are in hand with it', async () => {
    const rig = await createRig(await sharedTemporal());
    const worker = await rig.keepWorker();
    const job = await rig.startJob({
      width: 60,
      ms: 100,
      settings: { window: 8 },
      faults: { [KILLER]: { kind: 'kill', ms: 50 } },
      retry: { policy: 'OnCrash', limit: 1 },
    });
    job.expectResults(await job.expectEnd('completed'), [KILLER]);
    const runs = await job.runs();
    expect(runs.filter(({ item }) => item === KILLER)).to.have.lengthOf(2);
    expect(worker.deaths).to.have.lengthOf(2);
  });

  it('is known by the loss of its block where it kills it before the first word of that', async () => {
    const rig = await createRig(await sharedTemporal());
    const worker = await rig.keepWorker();
    const job = await rig.startJob({ width: 3, ms: 0, faults: { 2: { kind: 'kill', ms: 0, firstRunOnly: true } } });
    job.expectResults(await job.expectEnd('completed'));
    expect(worker.deaths).to.have.lengthOf(1);
    const runs = await job.runs();
    expect(runs.filter(({ item }) => item === 2)).to.have.lengthOf(2);
    expect(Math.max(...[1, 2, 3].map((item) => runs.filter((run) => run.item === item).length))).to.equal(2);
    expect(await job.timeouts()).to.not.be.empty;
    expect(job.warnings()).to.not.be.empty;
  });
});
