import { NativeConnection, Worker } from '@temporalio/worker';
import { expect } from 'chai';
import { after } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmArgs, Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { JobHandle } from '../../src/client';
import type { Homes } from '../../src/domain/homes';
import type { Json } from '../../src/domain/json';
import { useShortHistories } from '../support/lone-server';
import { useWorker } from '../support/suite';

const ITEMS = 320;
/** Beyond the blocks that the job's own workflow runs. */
const UNLUCKY = 310;
/** Some are blobs of their own, the others soon more than a job holds itself. */
const wide = (value: number): Json => ({ value, text: 'x'.repeat(value % 100 === 0 ? 50_000 : 4_500) });
const wideList = (length: number): Json[] =>
  Array.from({ length }, (_, index) => ({ index, text: 'y'.repeat(1_000_000) }));

describe('large values', () => {
  let directory = '';
  const algorithms: Algorithms = {
    wide: ({ input: [value] }) => {
      if (value === UNLUCKY) throw new Error('unlucky');
      return wide(Number(value));
    },
    'wide-list': ({ input: [length] }) => wideList(Number(length)),
    echo: ({ input }) => input,
  };
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'large-runs-'));
    return { algorithms, blobs: await openFileBlobs(directory) };
  }, useShortHistories(100));
  after(() => rm(directory, { recursive: true }));

  const results = async (job: JobHandle, nodeName: string): Promise<Json[]> => {
    const { data = [] } = await job.result();
    return data.filter((entry) => entry.nodeName === nodeName).map(({ result = null }) => result);
  };

  it('go with their job into its next run, each item once and in order', async function () {
    this.timeout(200_000);
    const values = Array.from({ length: ITEMS }, (_, index) => index + 1);
    const job = await suite.start({
      name: 'long',
      nodes: [
        {
          nodeName: 'source',
          algorithmName: 'wide',
          input: [`#[1...${String(ITEMS)}]`],
          // Such nodes get blocks of one item.
          retry: { policy: 'Never', limit: 1 },
          includeInResults: true,
        },
        { nodeName: 'whole', algorithmName: 'echo', input: ['@source.value'] },
        { nodeName: 'each', algorithmName: 'echo', input: ['#@source.value'] },
      ],
    });
    await job.result();
    const { raw } = await suite.client.workflow.getHandle(job.jobId).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).to.not.equal(raw.workflowExecutionInfo?.execution?.runId);
    const ok = values.filter((value) => value !== UNLUCKY);
    expect(await results(job, 'source')).to.deep.equal(values.map((value) => (value === UNLUCKY ? null : wide(value))));
    expect(await results(job, 'whole')).to.deep.equal([[values.map((value) => (value === UNLUCKY ? null : value))]]);
    expect(await results(job, 'each')).to.deep.equal(ok.map((value) => [value]));
  });

  describe('for activities of another worker', () => {
    const taskQueue = `foreign-${randomUUID()}`;
    const homes = (type: string): Homes => ({ far: { kind: 'activity', taskQueue, type } });
    let stop: () => Promise<void>;
    before(async () => {
      const connection = await NativeConnection.connect({ address: suite.temporal.address });
      const activities = {
        first: ({ input: [value] }: AlgorithmArgs) => (value as { value: number }).value,
        wide: ({ input: [value] }: AlgorithmArgs) => `${JSON.stringify(value)}${'w'.repeat(3_000)}`,
        lengths: ({ input }: AlgorithmArgs) => input.map((one) => JSON.stringify(one).length),
      };
      const worker = await Worker.create({ connection, taskQueue, activities });
      const running = worker.run();
      stop = async () => {
        worker.shutdown();
        await running;
        await connection.close();
      };
    });
    after(() => stop());

    it('are read for them: each item its own, and no more at a time than a history takes', async function () {
      this.timeout(120_000);
      const job = await suite.start(
        {
          name: 'foreign',
          nodes: [
            { nodeName: 'source', algorithmName: 'wide', input: ['#[1...300]'] },
            { nodeName: 'each', algorithmName: 'far', input: ['#@source'] },
          ],
        },
        { homes: homes('first') },
      );
      expect(await results(job, 'each')).to.deep.equal(Array.from({ length: 300 }, (_, index) => index + 1));
    });

    it('that they answer are written down, where they are more than a job holds', async function () {
      this.timeout(120_000);
      const count = 1_000;
      const job = await suite.start(
        { name: 'foreign', nodes: [{ nodeName: 'each', algorithmName: 'far', input: [`#[1...${String(count)}]`] }] },
        { homes: homes('wide') },
      );
      const expected = Array.from({ length: count }, (_, index) => `${String(index + 1)}${'w'.repeat(3_000)}`);
      expect(await results(job, 'each')).to.deep.equal(expected);
    });

    it('are read many at a time where each is large', async function () {
      this.timeout(120_000);
      // Together 12 MB, of which one task may schedule four.
      const job = await suite.start(
        {
          name: 'foreign',
          nodes: [
            { nodeName: 'list', algorithmName: 'wide-list', input: [12] },
            { nodeName: 'each', algorithmName: 'far', input: ['#@list'] },
          ],
        },
        { homes: homes('lengths') },
      );
      expect(await results(job, 'each')).to.deep.equal(wideList(12).map((one) => [JSON.stringify(one).length]));
    });

    it('fail their item where Temporal takes no argument of that size', async () => {
      const job = await suite.start(
        {
          name: 'foreign',
          nodes: [
            { nodeName: 'list', algorithmName: 'wide-list', input: [3] },
            { nodeName: 'all', algorithmName: 'far', input: ['@list'] },
          ],
        },
        { homes: homes('lengths') },
      );
      const { status, error } = await job.result();
      expect(status).to.equal('failed');
      expect(error).to.match(/^an input of 3\d{6} bytes is larger than the 1900000 that an activity can be given$/);
    });
  });
});
