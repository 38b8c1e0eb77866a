import { expect } from 'chai';
import { after } from 'mocha';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import type { BlobStore } from '../../src/blobs/blobs';
import { openFileBlobs } from '../../src/blobs/files';
import { PipelineClient } from '../../src/client';
import type { ResultBody } from '../../src/domain/events';
import type { Json } from '../../src/domain/json';
import type { Pipeline } from '../../src/domain/pipeline';
import { startTestFacade, type TestFacade } from '../support/facade';
import { useWorker } from '../support/suite';

const MAX_BYTES = 60_000_000;
const ITEMS = 20_000;

/** A kilobyte each: 20 MB. */
const items = (): Json[] => Array.from({ length: ITEMS }, (_, index) => ({ index, text: 'é'.repeat(500) }));

describe('a flow input of 20 MB', function () {
  this.timeout(120_000);
  const algorithms: Algorithms = {
    index: ({ input: [item, name] }) => [(item as { index: number }).index, name as string],
    hash: ({ input: [value] }) => createHash('sha256').update(JSON.stringify(value)).digest('hex'),
  };
  let directory = '';
  let blobs: BlobStore;
  let facade: TestFacade;
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'flow-input-'));
    blobs = await openFileBlobs(directory);
    return { algorithms, blobs };
  });
  before(async () => {
    const { taskQueue } = suite.worker;
    facade = await startTestFacade(suite.temporal, taskQueue, Object.keys(algorithms), {
      pipelines: new PipelineClient(suite.client, { taskQueue, blobs, settings: { maxBatch: ITEMS } }),
      maxPipelineBytes: MAX_BYTES,
    });
  });
  after(async () => {
    await facade.close();
    await rm(directory, { recursive: true });
  });

  // The key stands before others, where it is to be found again.
  const pipeline = (flowInput: Json): Pipeline => ({
    flowInput,
    name: 'large-input',
    nodes: [
      { nodeName: 'each', algorithmName: 'index', input: ['#@flowInput.items', '@flowInput.deep.name'] },
      { nodeName: 'whole', algorithmName: 'hash', input: ['@flowInput'] },
      { nodeName: 'some', algorithmName: 'index', input: ['@flowInput.items.0', '@flowInput.deep.nothing'] },
    ],
  });

  const start = async (document: Pipeline, headers?: Record<string, string>): Promise<string> => {
    const { status, body } = await facade.post('/api/v1/exec/raw', document, headers);
    expect(status, JSON.stringify(body)).to.equal(200);
    return (body as { jobId: string }).jobId;
  };

  const refusalOf = async (document: Pipeline, headers?: Record<string, string>): Promise<unknown[]> => {
    const { status, body } = await facade.post('/api/v1/exec/raw', document, headers);
    return [status, (body as { error: { message: string } }).error.message];
  };

  const folders = async (): Promise<string[]> => await readdir(join(directory, 'data')).catch(() => []);

  it('travels as a reference, is read by the tasks, and shown with its job', async () => {
    const flowInput = { items: items(), deep: { name: 'n', nothing: null } };
    const document = pipeline(flowInput);
    const jobId = await start(document);
    const results = (await suite.worker.client.getHandle(jobId).result()) as Required<ResultBody>;
    const of = (node: string): unknown[] =>
      results.data.filter(({ nodeName }) => nodeName === node).map(({ result }) => result);
    expect(of('each')).to.deep.equal(Array.from({ length: ITEMS }, (_, index) => [index, 'n']));
    expect(of('whole')).to.deep.equal([createHash('sha256').update(JSON.stringify(flowInput)).digest('hex')]);
    expect(of('some')).to.deep.equal([[0, null]]);

    const { historySize = 0 } = await suite.client.workflow.getHandle(jobId).describe();
    expect(historySize).to.be.below(3_000_000);
    const shown = await facade.get(`/api/v1/exec/pipelines/${jobId}`);
    const { flowInput: again, ...rest } = shown.body as Pipeline;
    expect(JSON.stringify(again)).to.equal(JSON.stringify(flowInput));
    expect(Object.keys(shown.body as object)[0]).to.equal('flowInput');
    expect(rest).to.include({ name: 'large-input', jobId });
    const alone = await fetch(`${facade.url}/api/v1/exec/flowInput/${jobId}`);
    expect(alone.headers.get('content-type')).to.match(/^application\/json/);
    expect(await alone.text()).to.equal(JSON.stringify(flowInput));
  });

  it('is checked as a whole before anything is written', async () => {
    const before = await folders();
    const [first, ...others] = items();
    const list = [first ?? null, ...others];
    expect(await refusalOf(pipeline({ items: list }))).to.deep.equal([400, 'unable to find flowInput.deep.name']);
    const wide = pipeline({ items: [...list, null], deep: { name: 1, nothing: 1 } });
    const width = 'node "each" has a batch of 20001 items, at most 20000 are taken';
    expect(await refusalOf(wide)).to.deep.equal([400, width]);
    expect(await folders()).to.deep.equal(before);
  });

  it('has one job for a key, and another one is refused', async () => {
    const headers = { 'idempotency-key': `once ${String(Date.now())}` };
    const small = pipeline({ items: items().slice(0, 100), deep: { name: 'n', nothing: null } });
    const jobId = await start(small, headers);
    expect(await start(small, headers)).to.equal(jobId);
    const other = pipeline({ items: items().slice(0, 101), deep: { name: 'n', nothing: null } });
    expect(await refusalOf(other, headers)).to.deep.equal([409, 'the key was used with another pipeline']);
    const result = await suite.worker.client.getHandle(jobId).result();
    expect(result.data).to.have.lengthOf(102);
  });

  it('says whose it is, and from when', async () => {
    const before = new Set(await folders());
    const jobId = await start(pipeline({ items: items().slice(0, 100), deep: { name: 'n', nothing: null } }));
    await suite.worker.client.getHandle(jobId).result();
    const [folder = ''] = (await folders()).filter((name) => !before.has(name));
    const owner = JSON.parse(await readFile(join(directory, 'data', folder, 'owner.json'), 'utf8')) as object;
    expect(owner).to.include({ jobId });
    expect(owner).to.have.property('since').that.is.closeTo(Date.now(), 60_000);
  });

  it('starts nothing where the store is away', async () => {
    const away = `${directory}-away`;
    await rename(directory, away);
    try {
      const document = pipeline({ items: items().slice(0, 100), deep: { name: 'n', nothing: null } });
      const [status, message] = await refusalOf(document);
      expect(status).to.equal(503);
      expect(message).to.include('flow-input-');
    } finally {
      await rename(away, directory);
    }
  });

  it('stays what it is where it is small', async () => {
    const before = await folders();
    const document = pipeline({ items: [{ index: 1 }], deep: { name: 'n', nothing: null } });
    const jobId = await start(document);
    const { events } = await suite.client.workflow.getHandle(jobId).fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(payload ?? []).toString())).to.deep.equal(document);
    expect(await folders()).to.deep.equal(before);
  });

  it('is refused by a facade that has no place for it', async () => {
    const { taskQueue } = suite.worker;
    const bare = await startTestFacade(suite.temporal, taskQueue, Object.keys(algorithms));
    try {
      const ask = async (length: number) =>
        await bare.post('/api/v1/exec/raw', pipeline({ items: ['x'.repeat(length)], deep: { name: 1, nothing: 1 } }));
      const large = await ask(2_000_000);
      expect(large.status).to.equal(400);
      expect(large.body)
        .to.have.nested.property('error.message')
        .that.matches(/^data\.flowInput should NOT be larger than 1899\d{3} bytes, it has 20000\d\d$/);
      expect((await ask(5_000_000)).status).to.equal(413);
    } finally {
      await bare.close();
    }
  });
});
