import { Worker, NativeConnection } from '@temporalio/worker';
import { expect } from 'chai';
import { after } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmArgs, Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import type { JobSettings } from '../../src/domain/settings';
import { Gate } from '../support/gate';
import type { Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// A store that is away for a while, and a blob that is gone for good: with real files (DESIGN.md, «Large values»).

const LONG = 100_000;

describe('an input that can not be read', () => {
  let directory = '';
  const gate = new Gate();
  const begun: string[] = [];
  const algorithms: Algorithms = {
    long: ({ input: [text] }) => (text as string).repeat(LONG),
    held: async ({ jobId }, { signal }) => {
      await gate.wait(jobId, signal);
    },
    length: ({ jobId, input: [text] }) => {
      begun.push(jobId);
      return (text as string).length;
    },
  };
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'unread-'));
    return { algorithms, blobs: await openFileBlobs(directory) };
  });
  const listen = useReceiver();
  after(() => rm(directory, { recursive: true }));

  /** `use` reads a blob of `source`, once the test has opened the gate. */
  function pipeline(receiver: Receiver): Pipeline {
    return {
      name: 'unread',
      nodes: [
        { nodeName: 'source', algorithmName: 'long', input: ['x'] },
        { nodeName: 'held', algorithmName: 'held', input: [1] },
        {
          nodeName: 'use',
          algorithmName: 'length',
          input: ['@source', '@held'],
          retry: { policy: 'Never', limit: 1 },
        },
      ],
      webhooks: { progress: receiver.webhooks.progress },
      options: { progressVerbosityLevel: 'warn', ttl: 600 },
    };
  }

  /** Starts the job, and takes its blobs away before they are read. */
  async function startWithout(take: (job: JobHandle) => Promise<void>, settings: Partial<JobSettings>) {
    const receiver = await listen();
    const job = await suite.start(pipeline(receiver), settings);
    await untilStored(job);
    await take(job);
    gate.open(job.jobId);
    await receiver.until(({ progress }) => progress.length > 0);
    return { job, receiver };
  }

  const folderOf = async (jobId: string): Promise<string | undefined> => {
    const data = join(directory, 'data');
    for (const folder of await readdir(data).catch(() => [])) {
      const owner = await readFile(join(data, folder, 'owner.json'), 'utf8').catch(() => '');
      if (owner.includes(jobId)) return join(data, folder);
    }
    return undefined;
  };

  async function untilStored({ jobId }: JobHandle): Promise<void> {
    await until('the blob is there', async () => {
      return (await suite.worker.client.getHandle(jobId).status()).data?.details.includes('1 succeed') === true;
    });
  }

  /** How often the blocks of `use` were handed out. */
  async function tries({ jobId }: JobHandle): Promise<number> {
    const { events } = await suite.client.workflow.getHandle(jobId).fetchHistory();
    const types = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name) ?? [];
    return types.filter((type) => type === 'runBlock').length - 2;
  }

  const timesBegun = ({ jobId }: JobHandle): number => begun.filter((id) => id === jobId).length;

  it('is waited for while the store is away, and no run is counted', async () => {
    const away = `${directory}-away`;
    // Far longer than a blob that is gone would be waited for.
    const { job, receiver } = await startWithout(() => rename(directory, away), { algorithmWaitMs: 1_000 });
    const [{ tasks = [] } = {}] = receiver.progress;
    expect(tasks).to.have.lengthOf(1);
    expect(tasks[0]).to.include({ nodeName: 'use', status: 'pending' });
    expect(tasks[0]?.error).to.match(/^the input can not be read: .*unread-/);
    await until('it was tried four times', async () => (await tries(job)) >= 4);
    expect((await job.status()).status).to.equal('active');
    await rename(away, directory);
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([LONG]);
    expect(timesBegun(job)).to.equal(1);
    expect(await tries(job)).to.be.at.most(5);
  });

  it('is read once a blob that was gone is back', async () => {
    let folder = '';
    const { job } = await startWithout(
      async ({ jobId }) => {
        folder = (await folderOf(jobId)) ?? '';
        await rename(folder, `${folder}.away`);
      },
      { algorithmWaitMs: 60_000 },
    );
    await rename(`${folder}.away`, folder);
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([LONG]);
    expect(timesBegun(job)).to.equal(1);
  });

  it('fails the job where it is gone for good, by the word of the store', async () => {
    const { job, receiver } = await startWithout(
      async ({ jobId }) => rm((await folderOf(jobId)) ?? '', { recursive: true }),
      { algorithmWaitMs: 2_500 },
    );
    const { status, error, nodeName } = await job.result();
    expect([status, nodeName]).to.deep.equal(['failed', 'use']);
    expect(error).to.match(/^the input can not be read: the blob ".*" is not in files at .*: it was removed there/);
    await receiver.until(({ progress }) => progress.at(-1)?.status === 'failed');
    expect(receiver.progress.at(-1)?.level).to.equal('critical');
    expect(timesBegun(job)).to.equal(0);
    // At once, after 1 s, and at the end of the wait.
    expect(await tries(job)).to.equal(3);
  });

  it('of a foreign activity is waited for in the same way', async () => {
    const taskQueue = `foreign-${randomUUID()}`;
    const connection = await NativeConnection.connect({ address: suite.temporal.address });
    const calls: string[] = [];
    const worker = await Worker.create({
      connection,
      taskQueue,
      activities: {
        measure: ({ jobId, input: [text] }: AlgorithmArgs) => {
          calls.push(jobId);
          return (text as string).length;
        },
      },
    });
    await worker.runUntil(async () => {
      let folder = '';
      const { job } = await startWithout(
        async ({ jobId }) => {
          folder = (await folderOf(jobId)) ?? '';
          await rename(folder, `${folder}.away`);
        },
        { homes: { length: { kind: 'activity', taskQueue, type: 'measure' } } },
      );
      expect(calls).to.deep.equal([]);
      await rename(`${folder}.away`, folder);
      expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([LONG]);
      expect(calls).to.deep.equal([job.jobId]);
    });
    await connection.close();
  });
});
