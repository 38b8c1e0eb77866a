import { expect } from 'chai';
import { parseAnnouncement } from '../../src/domain/registry';
import { ANNOUNCEMENT, reconcilerId, registryId } from '../../workflows/messages';
import { isServed } from '../../src/temporal/pollers';
import { readRegistry } from '../../src/temporal/registry';
import { useRigs, type FaultRig } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';
import type { WorkerProcess } from '../support/worker-process';

/** Temporal's states of a version that is current no more, by their numbers: the client exports no names for them. */
const DRAINING_OR_DRAINED = [4, 5];

describe('worker versioning with two builds side by side', function () {
  this.timeout(120_000);
  const createRig = useRigs();
  let temporal: TestTemporal;
  let rig: FaultRig;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
  });

  beforeEach(async () => {
    rig = await createRig(temporal);
  });

  it('a running job moves to the build that becomes current, and new ones start there', async () => {
    const first = await rig.startWorker(rig.taskQueue, '1');
    await makeCurrent('1');
    const job = await rig.startJob({ width: 1_200, ms: 200, settings: { window: 8 } });
    await job.untilBegun(40);

    const second = await rig.startWorker(rig.taskQueue, '2');
    const begun = (await job.runs()).length;
    await job.untilBegun(begun + 40);
    expect(pidsOf(await job.runs()), 'before it is current').to.deep.equal([first.pid]);

    await makeCurrent('2');
    const moved = await until('the job is run by build 2', async () =>
      (await job.runs()).find(({ pid }) => pid === second.pid),
    );
    // The first build is still there, and gets nothing new.
    const next = await rig.startJob({ width: 20, ms: 50 });
    next.expectResults(await next.expectEnd('completed'));
    expect(pidsOf(await next.runs())).to.deep.equal([second.pid]);
    job.expectResults(await job.expectEnd('completed', 120_000));

    const runs = await job.runs();
    expect(runs, 'each item has run once').to.have.length(job.width);
    // What was on its way to the first build may still begin there, in blocks of two seconds.
    const late = runs.filter(({ began }) => began > moved.began + 5_000);
    expect(pidsOf(late), 'after it is current').to.deep.equal([second.pid]);
    expect(job.warnings()).to.deep.equal([]);
    expect(DRAINING_OR_DRAINED).to.include(await statusOf('1'));
    await stopsClean(first);
  });

  it('who looks for workers finds versioned ones, and schedules are run by them', async () => {
    const { client } = temporal;
    await rig.startWorker(rig.taskQueue, '1');
    await makeCurrent('1');
    for (const tasks of ['workflow', 'activity'] as const) {
      expect(await isServed(client, rig.taskQueue, tasks), tasks).to.equal(true);
    }
    expect(await isServed(client, `${rig.taskQueue}-webhooks`, 'activity')).to.equal(true);
    // Others serve it as well, which is told where this queue's own registry does not answer in time.
    await until('this queue is known for it', async () => {
      return (await readRegistry(client, rig.taskQueue)).get('journal-alg')?.taskQueue === rig.taskQueue;
    });

    // A second announcement is taken by the workflow of the registry, which a build must run.
    const announced = await announcedAt();
    await rig.startWorker(rig.taskQueue, '2');
    await until('the announcement of build 2', async () => (await announcedAt()) > announced);

    const schedule = client.schedule.getHandle(reconcilerId(rig.taskQueue));
    const look = await until('a look of the reconciler', async () => (await schedule.describe()).info.recentActions[0]);
    await client.workflow.getHandle(look.action.workflow.workflowId).result();
  });

  it('workers without versions take over jobs and hand them back', async () => {
    const plain = await rig.startWorker();
    const job = await rig.startJob({ width: 1_000, ms: 200, settings: { window: 8 } });
    await job.untilBegun(40);
    const versioned = await rig.startWorker(rig.taskQueue, '1');
    await makeCurrent('1');
    await until('the job is run by build 1', async () => pidsOf(await job.runs()).includes(versioned.pid));
    await makeCurrent('');
    const back = (await job.runs()).length;
    await until('the job is run without versions', async () =>
      pidsOf((await job.runs()).slice(back + 40)).includes(plain.pid),
    );
    job.expectResults(await job.expectEnd('completed', 120_000));
    expect(job.warnings()).to.deep.equal([]);
  });

  /** @param buildId none for the workers without versions */
  async function makeCurrent(buildId: string): Promise<void> {
    const { client } = temporal;
    // The server knows a version some time after its worker began to ask for work, and then each of its queues.
    await until(`build ${buildId} is current`, () =>
      client.workflowService
        .setWorkerDeploymentCurrentVersion({
          namespace: client.options.namespace,
          deploymentName: rig.taskQueue,
          buildId,
        })
        .then(
          () => true,
          () => false,
        ),
    );
  }

  async function statusOf(buildId: string): Promise<number> {
    const { client } = temporal;
    const { workerDeploymentVersionInfo: info } = await client.workflowService.describeWorkerDeploymentVersion({
      namespace: client.options.namespace,
      deploymentVersion: { deploymentName: rig.taskQueue, buildId },
    });
    return Number(info?.status);
  }

  async function announcedAt(): Promise<number> {
    const { memo } = await temporal.client.workflow.getHandle(registryId(rig.taskQueue)).describe();
    return parseAnnouncement(memo?.[ANNOUNCEMENT]).at;
  }
});

async function stopsClean(worker: WorkerProcess): Promise<void> {
  expect((await worker.stop()).code).to.equal(0);
}

function pidsOf(runs: readonly { readonly pid: number }[]): number[] {
  return [...new Set(runs.map(({ pid }) => pid))];
}
