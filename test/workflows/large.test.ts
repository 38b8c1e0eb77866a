import { defaultPayloadConverter } from '@temporalio/common';
import { expect } from 'chai';
import { after } from 'mocha';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { JobHandle } from '../../src/client';
import type { ResultBody, ResultEntry } from '../../src/domain/events';
import type { Json } from '../../src/domain/json';
import type { KeepInput } from '../../src/domain/keep';
import { expectedId } from '../support/deliveries';
import { useReceiver, useWorker } from '../support/suite';

/** What a wide item answers: a kilobyte, so that a block of some is more than a job takes. */
const wide = (value: number): Json => ({ value, text: `é"\u2028\r\n${'x'.repeat(1_000)}` });
const LONG = 300_000;
/** No blob of its own, where two of them together are more than a block may answer itself. */
const PAIRED = 17_000;

describe('large values', () => {
  let directory = '';
  const algorithms: Algorithms = {
    wide: ({ input: [value] }) => wide(Number(value)),
    'wide-or-not': ({ input: [value] }) => {
      if (Number(value) % 7 === 3) throw new Error(`no ${Number(value).toString()}: ${'e'.repeat(500)}`);
      return wide(Number(value));
    },
    list: ({ input: [length] }) => ({
      at: { list: Array.from({ length: Number(length) }, (_, index) => ({ index, text: 'y'.repeat(100) })) },
      none: null,
      long: 'z'.repeat(LONG),
    }),
    echo: ({ input }) => input,
    pairs: { blockSize: 2, run: ({ input: [value] }) => ({ value: Number(value), text: 'x'.repeat(PAIRED) }) },
    lengths: ({ input }) => input.map((one) => (Array.isArray(one) ? one.length : JSON.stringify(one).length)),
  };
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'large-'));
    return { algorithms, blobs: await openFileBlobs(directory) };
  });
  const listen = useReceiver();
  after(async () => {
    await rm(directory, { recursive: true });
  });

  /** The bytes that the job's own history holds. */
  async function historyBytes(job: JobHandle): Promise<number> {
    const { historySize = 0 } = await suite.client.workflow.getHandle(job.jobId).describe();
    return historySize;
  }

  const results = async (job: JobHandle, nodeName: string): Promise<Json[]> => {
    const { data = [] } = await job.result();
    return data.filter((entry) => entry.nodeName === nodeName).map(({ result = null }) => result);
  };

  it('of many items lie in blobs, and are what others read: all, one by one, each as it comes', async function () {
    this.timeout(120_000);
    const count = 3_000;
    const job = await suite.start({
      name: 'large',
      nodes: [
        { nodeName: 'source', algorithmName: 'wide', input: [`#[1...${String(count)}]`], includeInResults: true },
        { nodeName: 'whole', algorithmName: 'lengths', input: ['@source', '@source.value', '@source.nothing'] },
        { nodeName: 'each', algorithmName: 'echo', input: ['#@source.value'] },
        { nodeName: 'any', algorithmName: 'echo', input: ['*@source.value'], includeInResults: true },
        { nodeName: 'again', algorithmName: 'echo', input: ['*@any.0'] },
      ],
    });
    const values = Array.from({ length: count }, (_, index) => index + 1);
    expect(await results(job, 'source')).to.deep.equal(values.map(wide));
    expect(await results(job, 'whole')).to.deep.equal([[count, count, count]]);
    expect(await results(job, 'each')).to.deep.equal(values.map((value) => [value]));
    expect(await results(job, 'any')).to.deep.equal(values.map((value) => [value]));
    expect(await results(job, 'again')).to.deep.equal(values.map((value) => [value]));
    expect(await historyBytes(job)).to.be.below(3_000_000);
  });

  it('of one task lie in a blob: a path leads into it, and its elements become tasks', async () => {
    const job = await suite.start({
      name: 'one',
      nodes: [
        { nodeName: 'source', algorithmName: 'list', input: [2_500] },
        { nodeName: 'path', algorithmName: 'echo', input: ['@source.at.list.7.index', { deep: ['@source.none'] }] },
        { nodeName: 'long', algorithmName: 'lengths', input: ['@source.long', '@source'] },
        { nodeName: 'split', algorithmName: 'echo', input: ['#@source.at.list', '@source.at.list.1.index'] },
        { nodeName: 'empty', algorithmName: 'echo', input: ['#@source.none'] },
        { nodeName: 'nowhere', algorithmName: 'echo', input: ['#@source.at.list.0'] },
      ],
    });
    expect(await results(job, 'path')).to.deep.equal([[7, { deep: [null] }]]);
    expect((await results(job, 'long'))[0]).to.have.property('0', LONG + 2);
    const split = await results(job, 'split');
    expect(split).to.have.lengthOf(2_500);
    split.forEach((one, index) => {
      expect(one).to.deep.equal([{ index, text: 'y'.repeat(100) }, 1]);
    });
    expect([...(await results(job, 'empty')), ...(await results(job, 'nowhere'))]).to.deep.equal([]);
    // Besides what the 2,500 small ones answer, which are at hand up to 1.2 MB.
    expect(await historyBytes(job)).to.be.below(2_500_000);
  });

  it('leave their errors where they are found, and what has failed is null or left out for others', async function () {
    this.timeout(120_000);
    const count = 700;
    const job = await suite.start({
      name: 'tolerant',
      options: { batchTolerance: 80 },
      nodes: [
        {
          nodeName: 'source',
          algorithmName: 'wide-or-not',
          input: [`#[1...${String(count)}]`],
          includeInResults: true,
        },
        { nodeName: 'whole', algorithmName: 'echo', input: ['@source.value'] },
        { nodeName: 'each', algorithmName: 'echo', input: ['#@source.value'] },
        { nodeName: 'any', algorithmName: 'echo', input: ['*@source.value'] },
      ],
    });
    const values = Array.from({ length: count }, (_, index) => index + 1);
    const good = values.filter((value) => value % 7 !== 3);
    const { data = [], status } = await job.result();
    expect(status).to.equal('completed');
    const source = data.filter(({ nodeName }) => nodeName === 'source');
    expect(source.map(({ batchID }) => batchID)).to.deep.equal(values.map((value) => `source#${String(value)}`));
    source.forEach(({ result, error }, index) => {
      if ((index + 1) % 7 === 3) expect(error).to.equal(`no ${String(index + 1)}: ${'e'.repeat(500)}`);
      else expect(result).to.deep.equal(wide(index + 1));
    });
    expect(await results(job, 'whole')).to.deep.equal([[values.map((value) => (value % 7 === 3 ? null : value))]]);
    expect(await results(job, 'each')).to.deep.equal(good.map((value) => [value]));
    expect(await results(job, 'any')).to.deep.equal(good.map((value) => [value]));
    expect((await job.status()).data?.details).to.include(`${String(values.length - good.length)} failed`);
  });

  it('are in the webhook where they fit, and otherwise behind an address', async () => {
    const to = await listen();
    const nodes = [{ nodeName: 'one', algorithmName: 'list', input: [300] }];
    const job = await suite.start({ name: 'sent', nodes, webhooks: to.webhooks });
    await suite.settle(job);
    const [whole] = to.arrivedOn('/result');
    expect(whole?.headers['webhook-id']).to.equal(await expectedId(suite.client, job.jobId, 'result', 'end'));
    expect(JSON.parse(whole?.text ?? '')).to.deep.equal(await job.results());
    const dataUrl = 'http://pipelines.example/{ref}?signature=s';
    const other = await suite.start({ name: 'sent', nodes, webhooks: to.webhooks }, { dataUrl, inlineLimit: 1_000 });
    await suite.settle(other);
    const body = JSON.parse(to.arrivedOn('/result')[1]?.text ?? '') as ResultBody;
    const [{ result }] = (await other.results()).data as [ResultEntry];
    const info = { isBigData: true, size: JSON.stringify(result).length, url: dataUrl.replace('{ref}', 'entry-0') };
    expect(body.data).to.deep.equal([{ nodeName: 'one', algorithmName: 'list', info }]);
    expect(body).to.deep.equal({ ...(await other.results()), data: body.data });
  });

  it('say whose they are, by a file beside them', async () => {
    const job = await suite.start({ name: 'owned', nodes: [{ nodeName: 'one', algorithmName: 'list', input: [900] }] });
    await job.result();
    const data = join(directory, 'data');
    const owners = await Promise.all(
      (await readdir(data)).map((folder) => readFile(join(data, folder, 'owner.json'), 'utf8')),
    );
    const { namespace } = suite.client.options;
    const { namespaceInfo } = await suite.client.workflowService.describeNamespace({ namespace });
    expect(owners).to.include(JSON.stringify({ namespaceId: namespaceInfo?.id, jobId: job.jobId }));
  });

  it('of very many blocks are put together, so that the job names few blobs', async function () {
    this.timeout(120_000);
    const count = 2_300;
    const nodes = [{ nodeName: 'green', algorithmName: 'pairs', input: [`#[1...${String(count)}]`] }];
    const job = await suite.start({ name: 'joined', nodes });
    const values = await results(job, 'green');
    expect(values.map((value) => (value as { value: number }).value)).to.deep.equal(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    expect(new Set(values.map((value) => (value as { text: string }).text.length))).to.deep.equal(new Set([PAIRED]));
    const { events } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
    const inputs = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'keepOutcomes' ? (scheduled.input?.payloads ?? []) : [],
    );
    const joined = inputs.map((input) => defaultPayloadConverter.fromPayload<KeepInput>(input));
    expect(joined.map((input) => 'runs' in input && input.runs.length >= 400)).to.include(true);
  });
});
