import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { useRigs } from '../support/fault-rig';
import { runAgainForNothing } from '../support/journal';
import { useOwnServers } from '../support/own-server';
import { seededIntegers } from '../support/seeded';
import { sharedTemporal } from '../support/temporal';
import type { Death } from '../support/worker-process';

const WIDTH = 2_000;
/** So high that chance alone lets no item fail. */
const RETRY = { policy: 'OnCrash', limit: 20 } as const;
const DONE_WITHIN = 600_000;

describe('a long job', () => {
  const createRig = useRigs();
  const startServer = useOwnServers();

  /** After how many items something is killed, in ascending order. */
  function moments(seed: number, count: number): number[] {
    return seededIntegers(seed, count, 50, WIDTH - 50).sort((one, other) => one - other);
  }

  it('comes to its end though its two workers are killed twenty times', async () => {
    const rig = await createRig(await sharedTemporal());
    const workers = await Promise.all([rig.keepWorker(), rig.keepWorker()]);
    const job = await rig.startJob({ width: WIDTH, ms: 300, retry: RETRY });
    const victims = seededIntegers(2, 20, 0, 1);
    const deaths: Death[] = [];
    for (const [kill, count] of moments(1, 20).entries()) {
      await job.untilBegun(count, DONE_WITHIN);
      const victim = workers[victims[kill] ?? 0];
      if (victim !== undefined) deaths.push(await victim.kill());
    }
    job.expectResults(await job.expectEnd('completed', DONE_WITHIN));
    expect(runAgainForNothing(await job.runs(), deaths)).to.deep.equal([]);
    expect(deaths).to.have.lengthOf(20);
    // The kills are all the deaths that there were.
    expect(workers.flatMap((worker) => worker.deaths)).to.have.lengthOf(20);
  });

  it('comes to its end though its server is killed ten times, and is away ever longer', async () => {
    const server = await startServer();
    const rig = await createRig(server);
    const worker = await rig.keepWorker();
    const job = await rig.startJob({ width: WIDTH, ms: 300, retry: RETRY, settings: { window: 20 } });
    for (const [kill, count] of moments(3, 10).entries()) {
      await job.untilBegun(count, DONE_WITHIN);
      await server.kill();
      // The last ones longer than the heartbeat timeout.
      await sleep(kill * 1_500);
      await server.restart();
    }
    job.expectResults(await job.expectEnd('completed', DONE_WITHIN));
    expect(worker.deaths).to.deep.equal([]);
  });
});
