import { expect } from 'chai';
import { statusesOf } from '../support/deliveries';
import type { FaultJob } from '../support/fault-job';
import { useRigs } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

/** From the end of a job to the news of it, at the latest (architecture, «A reconciler»). */
const TOLD_WITHIN_MS = 60_000;

describe('jobs that are terminated under a worker of their own process', function () {
  this.timeout(2 * TOLD_WITHIN_MS);
  const createRig = useRigs();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('are told of within a minute, those too that were when no worker was there', async () => {
    const { address, client } = await sharedTemporal();
    const rig = await createRig({ address, client });
    const worker = await rig.startWorker();
    const start = async (): Promise<FaultJob> => {
      const job = await rig.startJob({ width: 1, ms: 300_000 });
      await job.untilBegun(1);
      await job.receiver.until(({ progress }) => progress.length === 2);
      return job;
    };
    const [one, other] = [await start(), await start()];
    await client.workflow.getHandle(one.handle.jobId).terminate('by a person');
    await worker.kill();
    await client.workflow.getHandle(other.handle.jobId).terminate();
    await rig.startWorker();
    await Promise.all([expectTold(one), expectTold(other)]);
  });

  async function expectTold({ handle, receiver }: FaultJob): Promise<void> {
    await receiver.until(({ results, progress }) => results.length === 1 && progress.length === 3, TOLD_WITHIN_MS);
    expect(statusesOf(receiver.arrivedOn('/progress'))).to.deep.equal(['pending', 'active', 'failed']);
    expect(receiver.arrivedOn('/result').map(({ text }) => text)).to.deep.equal([
      JSON.stringify(await handle.results()),
    ]);
  }
});
