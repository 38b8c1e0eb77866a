import { expect } from 'chai';
import { useRigs } from '../support/fault-rig';
import { runAgainForNothing } from '../support/journal';
import { useOwnServers } from '../support/own-server';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';

describe('a Temporal server that is killed in the middle of a job and started again', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const startServer = useOwnServers();
  const createRig = useRigs();

  it('loses nothing: worker and client go on by themselves, and the result comes once', async () => {
    const server = await startServer();
    const rig = await createRig(server);
    await rig.startWorker();
    const job = await rig.startJob({ width: 200, ms: 200, settings: { window: 8 } });
    const killAndRestart = async (): Promise<void> => {
      await job.untilBegun(60);
      await server.kill();
      await server.restart();
    };
    // The client waits for the end all along, with a call that was begun before the kill.
    const [result] = await Promise.all([job.expectEnd('completed'), killAndRestart()]);
    job.expectResults(result);
    const runs = await job.runs();
    // The worker lived on, so whatever it had in hand was its own to finish.
    expect(runAgainForNothing(runs, [])).to.deep.equal([]);
  });

  it('takes a stop right after its restart', async () => {
    const server = await startServer();
    const rig = await createRig(server);
    await rig.startWorker();
    const job = await rig.startJob({ width: 200, ms: 200, settings: { window: 8 } });
    await job.untilBegun(60);
    await server.kill();
    await server.restart();
    expect(await job.handle.stop('enough')).to.include({ status: 'stopped', reason: 'enough' });
    expect(await job.expectEnd('stopped')).to.include({ reason: 'enough' });
  });
});
