import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { historyOf } from '../support/job-history';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

const KILLER = 2;

describe('a worker that is lost while it runs short items', function () {
  this.timeout(180_000);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('costs another run of what was in hand, which the queue has then', async () => {
    const { client, ...temporal } = await sharedTemporal();
    const rig = await createRig({ client, ...temporal });
    const worker = await rig.startWorker();
    const job = await rig.startJob({ width: 3, ms: 800, short: true });
    await job.untilBegun(3);
    await worker.kill();
    expect(await historyOf(client, job.handle.jobId)).to.include({ local: 0, scheduled: 0 });
    const other = await rig.startWorker();
    job.expectResults(await job.expectEnd('completed'));
    const pids = (await job.runs()).map(({ pid }) => pid);
    expect(pids).to.deep.equal([worker, worker, worker, other, other, other].map(({ pid }) => pid));
    expect(await historyOf(client, job.handle.jobId)).to.deep.include({
      local: 0,
      failedTasks: ['timed out: start to close'],
    });
  });

  it('fails the item alone that kills its process, one run later than another', async () => {
    const { client, ...temporal } = await sharedTemporal();
    const rig = await createRig({ client, ...temporal });
    const worker = await rig.keepWorker();
    const faults = { [KILLER]: { kind: 'kill', ms: 50 } } as const;
    const job = await rig.startJob({ width: 3, ms: 100, short: true, faults, retry: { policy: 'OnCrash', limit: 1 } });
    job.expectResults(await job.expectEnd('completed'), [KILLER]);
    const runs = await job.runs();
    expect(runs.filter(({ item }) => item === KILLER)).to.have.lengthOf(3);
    expect(worker.deaths).to.have.lengthOf(3);
  });
});
