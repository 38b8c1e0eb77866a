import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { runsByItem } from '../support/journal';
import { sharedTemporal } from '../support/temporal';

const KILLER = 500;
const RETRY = { policy: 'OnCrash', limit: 3 } as const;
const RUNS = 1 + RETRY.limit;
const DONE_WITHIN = 600_000;

describe('an item that ends its process', () => {
  const createRig = useRigs();

  it('fails alone among a thousand', async () => {
    const rig = await createRig(await sharedTemporal());
    const worker = await rig.keepWorker();
    const job = await rig.startJob({
      width: 1_000,
      ms: 100,
      faults: { [KILLER]: { kind: 'exit', ms: 50 } },
      retry: RETRY,
    });
    job.expectResults(await job.expectEnd('completed', DONE_WITHIN), [KILLER]);
    const runs = runsByItem(await job.runs());
    expect(runs.get(KILLER)).to.have.lengthOf(RUNS);
    expect(Math.max(...[...runs.values()].map((all) => all.length))).to.be.at.most(RUNS);
    expect(worker.deaths).to.have.lengthOf(RUNS);
  });

  it('fails no item of another job on the same workers', async () => {
    const rig = await createRig(await sharedTemporal());
    await Promise.all([rig.keepWorker(), rig.keepWorker()]);
    const [harmful, other] = await Promise.all([
      rig.startJob({ width: 200, ms: 100, faults: { 100: { kind: 'kill', ms: 50 } }, retry: RETRY }),
      rig.startJob({ width: 1_000, ms: 300, retry: RETRY }),
    ]);
    const [harmed, result] = await Promise.all([
      harmful.expectEnd('completed', DONE_WITHIN),
      other.expectEnd('completed', DONE_WITHIN),
    ]);
    harmful.expectResults(harmed, [100]);
    other.expectResults(result);
  });
});
