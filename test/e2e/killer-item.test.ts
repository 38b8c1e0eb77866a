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
});
