import { expect } from 'chai';
import { after } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import type { BlobStore } from '../../src/blobs/blobs';
import { openFileBlobs } from '../../src/blobs/files';
import { blobFolder, JobBlobs, type BlobOwner } from '../../src/blobs/job-blobs';
import type { JobHandle } from '../../src/client';
import { deliveryId } from '../../src/domain/delivery-input';
import { isRetained } from '../../src/temporal/blob-sweeper';
import { DELIVER_WEBHOOK, sweeperId } from '../../workflows/messages';
import { Gate } from '../support/gate';
import type { Answer } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';

describe('blobs of jobs that Temporal has forgotten', () => {
  let directory = '';
  let blobs: BlobStore | undefined;
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sweep-'));
    blobs = await openFileBlobs(directory);
    const algorithms: Algorithms = {
      long: () => 'x'.repeat(100_000),
      'held-length': async ({ input: [text], jobId }, { signal }) => {
        await gate.wait(jobId, signal);
        return (text as string).length;
      },
    };
    return { reconcile: true, blobs, algorithms };
  });
  const gate = new Gate();
  const listen = useReceiver();
  after(async () => {
    await blobs?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const one = { nodeName: 'one', algorithmName: 'long', input: [] };

  async function start(answer?: Answer): Promise<JobHandle> {
    const { webhooks } = await listen(answer);
    return await suite.start({ name: 'swept', nodes: [one], webhooks });
  }

  async function run(answer?: Answer): Promise<JobHandle> {
    const job = await start(answer);
    await suite.settle(job);
    return job;
  }

  /** As Temporal does when its retention has passed. */
  async function forget(workflowId: string): Promise<void> {
    const { workflowService, options } = suite.client;
    const { namespace } = options;
    await suite.client.workflow.getHandle(workflowId).result();
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    // The server takes half a minute for it.
    const isForgotten = (): Promise<boolean> =>
      suite.client.workflow
        .getHandle(workflowId)
        .describe()
        .then(
          () => false,
          () => true,
        );
    await until('it is forgotten', isForgotten, 120_000);
  }

  async function ownerOf({ jobId }: Pick<JobHandle, 'jobId'>): Promise<BlobOwner> {
    const { namespaceInfo } = await suite.client.workflowService.describeNamespace({
      namespace: suite.client.options.namespace,
    });
    return { namespaceId: namespaceInfo?.id ?? '', jobId };
  }

  const sweep = (): Promise<number> =>
    suite.client.workflow.execute<() => Promise<number>>('sweepBlobs', {
      workflowId: randomUUID(),
      taskQueue: suite.worker.taskQueue,
    });

  async function folders(): Promise<number> {
    const names: string[] = [];
    for await (const name of blobs?.folders() ?? []) names.push(name);
    return names.length;
  }

  it('are removed once neither the job nor a delivery of it is retained, and never before', async () => {
    const [kept, forgotten] = [await run(), await run()];
    // What is not taken at the first attempt has a delivery of its own.
    const delivered = await run(({ path }, count) => (path === '/result' && count === 1 ? 503 : 200));
    // Its result is yet to be taken.
    const pending = await start(({ path }) => (path === '/result' ? 503 : 200));
    await pending.result();
    await Promise.all([delivered, pending, forgotten].map(({ jobId }) => forget(jobId)));
    expect(await folders()).to.equal(4);
    expect(await sweep()).to.equal(1);
    expect(await folders()).to.equal(3);
    for (const job of [delivered, pending]) {
      expect(await blobs?.find(`${blobFolder(await ownerOf(job))}/owner.json`)).to.not.equal(undefined);
    }
    expect((await kept.results()).data?.[0]?.result).to.equal('x'.repeat(100_000));
    await suite.client.workflow.getHandle(`${pending.jobId}/result`).terminate('it was looked at');
  }).timeout(150_000);

  it('stay while the job runs, which reads them later', async () => {
    const before = await folders();
    const two = { nodeName: 'two', algorithmName: 'held-length', input: ['@one'] };
    const job = await suite.start({ name: 'swept', nodes: [one, two] });
    await until('the first is there', async () => (await job.status()).data?.details.includes('1 succeed') === true);
    expect(await folders()).to.equal(before + 1);
    expect(await sweep()).to.equal(0);
    gate.open(job.jobId);
    expect((await job.result()).data?.[0]?.result).to.equal(100_000);
  });

  it('stay where they are of another Temporal, or nobody can tell whose they are', async () => {
    const before = await folders();
    if (blobs === undefined) throw new Error('there is no store');
    await new JobBlobs(blobs).put({ namespaceId: randomUUID(), jobId: 'other:1' }, 'x', 'text');
    await blobs.put('nobody/x', 'text');
    expect(await sweep()).to.equal(0);
    expect(await folders()).to.equal(before + 2);
  });

  it('stay for an hour where they are of a job that is about to start', async () => {
    if (blobs === undefined) throw new Error('there is no store');
    const before = await folders();
    const owner = await ownerOf({ jobId: 'starting:1' });
    await new JobBlobs(blobs).put({ ...owner, since: Date.now() - 3_500_000 }, 'x', 'text');
    expect(await sweep()).to.equal(0);
    expect(await folders()).to.equal(before + 1);
    await new JobBlobs(blobs).put({ ...owner, since: Date.now() - 3_700_000 }, 'x', 'text');
    expect(await sweep()).to.equal(1);
    expect(await folders()).to.equal(before);
  });

  it('are looked for every hour, by a schedule that the worker makes', async () => {
    const schedule = suite.client.schedule.getHandle(sweeperId(suite.worker.taskQueue));
    const { spec, action, policies } = await until('it is there', () => schedule.describe().catch(() => undefined));
    expect(spec.intervals?.map(({ every }) => every)).to.deep.equal([3_600_000]);
    expect(action).to.include({ workflowType: 'sweepBlobs', taskQueue: suite.worker.taskQueue });
    expect(policies.overlap).to.equal('SKIP');
  });

  it('are not those of a job whose delivery has made way for that of an earlier one of its id', async () => {
    const jobId = `swept:${randomUUID()}`;
    expect(await isRetained(suite.client, jobId)).to.equal(false);
    const workflowId = deliveryId(jobId, 'result', randomUUID());
    const delivery = await suite.client.workflow.start(DELIVER_WEBHOOK, { workflowId, taskQueue: 'nobody' });
    await untilListed(suite.client, 1, `WorkflowId = '${workflowId}'`);
    expect(await isRetained(suite.client, jobId)).to.equal(true);
    await delivery.terminate();
  });
});
