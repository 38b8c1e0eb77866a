import { expect } from 'chai';
import { after } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import { blobFolder } from '../../src/blobs/job-blobs';
import type { BlobStore } from '../../src/blobs/blobs';
import { PipelineClient } from '../../src/client';
import type { ProgressBody, ResultBody } from '../../src/domain/events';
import type { Json } from '../../src/domain/json';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { refusal, startTestFacade, type TestFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

const LARGE = 40_000;

describe('pipelines that run again, in part, or within others', function () {
  this.timeout(120_000);
  const gate = new Gate();
  const algorithms: Algorithms = {
    echo: ({ input }) => input,
    first: ({ input: [value] }) => value,
    large: ({ input: [value] }) => {
      if (value === 3) throw new Error('three');
      return { value, list: [value, { v: value }], text: 'x'.repeat(LARGE) };
    },
    small: ({ input: [value] }) => {
      if (value === 3) throw new Error('three');
      return { value, list: [value, { v: value }], text: 'y'.repeat(300) };
    },
    hold: ({ jobId }, { signal }) => gate.wait(jobId, signal),
  };
  let directory = '';
  let blobs: BlobStore;
  let facade: TestFacade;
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'later-'));
    blobs = await openFileBlobs(directory);
    return { algorithms, blobs };
  });
  before(async () => {
    const { taskQueue } = suite.worker;
    facade = await startTestFacade(suite.temporal, taskQueue, Object.keys(algorithms), {
      pipelines: new PipelineClient(suite.client, { taskQueue, blobs }),
    });
  });
  after(async () => {
    await facade.close();
    await rm(directory, { recursive: true });
  });

  const node = (nodeName: string, algorithmName: string, ...input: Json[]): PipelineNode => {
    return { nodeName, algorithmName, input };
  };
  async function start(path: string, body: unknown, headers?: Record<string, string>): Promise<string> {
    const answer = await facade.post(`/api/v1/exec/${path}`, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return (answer.body as { jobId: string }).jobId;
  }
  const resultOf = async (jobId: string): Promise<ResultBody> => {
    const body = await suite.worker.client.getHandle(jobId).result();
    expect(body.status, JSON.stringify(body)).to.equal('completed');
    return body;
  };
  const of = ({ data = [] }: ResultBody, nodeName: string): unknown[] =>
    data.filter((entry) => entry.nodeName === nodeName).map(({ result }) => result);
  const startedOf = async (jobId: string): Promise<Record<string, unknown>> =>
    (await facade.get(`/api/v1/exec/pipelines/${jobId}`)).body as Record<string, unknown>;

  it('exec/rerun runs the same again, its large flow input too', async () => {
    const flowInput = { list: Array.from({ length: 2_000 }, (_, index) => ({ index, text: 'é'.repeat(20) })) };
    const pipeline = { name: 'again', nodes: [node('a', 'first', '@flowInput.list.7.index')], flowInput, tags: ['t'] };
    const earlier = await start('raw', pipeline);
    await resultOf(earlier);
    const jobId = await start('rerun', { jobId: earlier });
    expect(jobId)
      .to.match(/^again:/)
      .and.not.equal(earlier);
    expect(of(await resultOf(jobId), 'a')).to.deep.equal([7]);
    const { types, flowInput: read, ...rest } = await startedOf(jobId);
    expect(types).to.deep.equal(['raw', 'rerun']);
    expect(read).to.deep.equal(flowInput);
    expect(rest).to.deep.include({ tags: ['t'] });
    expect((await startedOf(await start('rerun', { jobId })))['types']).to.deep.equal(['raw', 'rerun']);
    expect(await facade.post('/api/v1/exec/rerun', { jobId: 'none' })).to.deep.equal(
      refusal(404, 'jobId none Not Found'),
    );
  });

  for (const size of ['small', 'large']) {
    it(`exec/caching goes on from a node with what the others have put out, where that is ${size}`, async () => {
      const reads = [
        '@many',
        '@many.value',
        '#@many.list',
        '@one',
        '@one.list.1.v',
        '#@one.list',
        '#@many',
        '@flowInput.x',
      ];
      const readers = reads.map((read, index) => node(`r${String(index)}`, 'first', '@begin', read));
      const nodes = [
        node('many', size, size === 'large' ? '#[1...5]' : '#[1...300]'),
        node('one', size, 7),
        node('begin', 'first', 'b'),
        ...readers.map((reader) => ({ ...reader, algorithmName: 'echo' })),
        node('end', 'echo', ...reads.map((_, index) => `@r${String(index)}`)),
      ];
      const earlier = await start('raw', { name: `cached-${size}`, nodes, flowInput: { x: 5 } });
      const whole = of(await resultOf(earlier), 'end');
      const jobId = await start('caching', { jobId: earlier, nodeName: 'begin' });
      expect(jobId.startsWith(`cached-${size}-begin:`)).to.equal(true);
      const started = await startedOf(jobId);
      expect(started).to.deep.include({ types: ['raw', 'node'], flowInput: { x: 5 } });
      expect((started['nodes'] as PipelineNode[]).map(({ nodeName }) => nodeName)).to.not.include.members([
        'many',
        'one',
      ]);
      expect(of(await resultOf(jobId), 'end')).to.deep.equal(whole);
      const graph = (await facade.get(`/api/v1/graph/raw/${jobId}`)).body as { edges: { from: string; to: string }[] };
      expect(graph.edges.map(({ from, to }) => `${from} ${to}`)).to.have.length(2 * reads.length);
      // Once more of what ran in part; and what it reads is its own by now.
      const { namespaceInfo } = await suite.client.workflowService.describeNamespace({
        namespace: suite.client.options.namespace,
      });
      const folder = blobFolder({ namespaceId: namespaceInfo?.id ?? '', jobId: earlier });
      expect(await readdir(join(directory, 'data'))).to.include(folder);
      await blobs.removeFolder(folder);
      const part = await start('caching', { jobId, nodeName: 'r2' });
      expect(part.startsWith(`cached-${size}-begin-r2:`)).to.equal(true);
      expect(of(await resultOf(part), 'end')).to.deep.equal(whole);
      expect(of(await resultOf(await start('rerun', { jobId: part })), 'end')).to.deep.equal(whole);
    });
  }

  it('exec/caching starts one job for one key, and refuses what it can not do', async () => {
    const nodes = [
      node('a', 'first', 1),
      node('h', 'hold'),
      node('b', 'first', '@a', '@h'),
      node('c', 'first', '*@i'),
      node('i', 'first', '#[1,2]'),
    ];
    const jobId = await start('raw', { name: 'part', nodes });
    const ask = (body: object, headers?: Record<string, string>) => facade.post('/api/v1/exec/caching', body, headers);
    expect(await ask({ jobId: 'none', nodeName: 'a' })).to.deep.equal(refusal(400, 'unable to find pipeline none'));
    expect(await ask({ jobId, nodeName: 'x' })).to.deep.equal(refusal(400, 'cant find relations for x'));
    expect(await ask({ jobId, nodeName: 'c' })).to.deep.equal(
      refusal(400, 'relation waitAny for node c is not allowed'),
    );
    await until('all but one have run', async () => {
      const { body } = await facade.get(`/api/v1/exec/status/${jobId}`);
      return (body as ProgressBody).data?.details.includes(' 1 active') === true;
    });
    expect(await ask({ jobId, nodeName: 'b' })).to.deep.equal(refusal(400, `node h of ${jobId} has not finished`));
    gate.open(jobId);
    await resultOf(jobId);
    const headers = { 'idempotency-key': randomUUID() };
    const part = await start('caching', { jobId, nodeName: 'b', debug: true }, headers);
    expect(await start('caching', { jobId, nodeName: 'b' }, headers)).to.equal(part);
    const other = await start('rerun', { jobId });
    gate.open(other);
    await resultOf(other);
    expect((await ask({ jobId: other, nodeName: 'b' }, headers)).status).to.equal(409);
    expect(of(await resultOf(part), 'b')).to.deep.equal([1]);
    expect((await facade.get(`/api/v1/exec/pipelines/${part}`)).body).to.include({ rootJobId: jobId });
  });

  it('a stored pipeline runs in the place of a node', async () => {
    const [inner, outer] = [`inner-${randomUUID()}`, `outer-${randomUUID()}`];
    const post = (pipeline: Pipeline) => facade.post('/api/v1/store/pipelines', pipeline);
    const stands = (name: string): PipelineNode => ({ nodeName: 'o', kind: 'pipeline', spec: { name }, input: ['@s'] });
    const document: Pipeline = {
      name: outer,
      nodes: [node('s', 'first', { v: 7 }), stands(inner), node('e', 'first', '@o')],
    };
    // It may be stored before the other is.
    expect((await post(document)).status).to.equal(201);
    expect(await facade.post('/api/v1/exec/stored', { name: outer })).to.deep.equal(
      refusal(404, `pipeline ${inner} Not Found`),
    );
    const nodes = [node('a', 'first', '@flowInput.v'), { nodeName: 'out', kind: 'output', input: ['@a'] } as const];
    expect((await post({ name: inner, nodes })).status).to.equal(201);
    const jobId = await start('stored', { name: outer });
    expect(of(await resultOf(jobId), 'e')).to.deep.equal([[7]]);
    const shown = (await startedOf(jobId))['nodes'] as PipelineNode[];
    expect(shown.map(({ nodeName, input }) => [nodeName, input])).to.deep.equal([
      ['s', [{ v: 7 }]],
      ['o-a', ['@s.v']],
      ['o-out', ['@o-a']],
      ['e', ['@o-out']],
    ]);
    const { userPipeline } = await suite.worker.client.getHandle(jobId).started();
    expect(userPipeline.nodes.map(({ nodeName }) => nodeName)).to.deep.equal(['s', 'o', 'e']);
    // Again as it was written: with what is stored by now.
    const changed = { name: inner, nodes: [node('a', 'echo', '@flowInput.v', 1)] };
    expect((await facade.ask('PUT', '/api/v1/store/pipelines', changed)).status).to.equal(200);
    expect(of(await resultOf(await start('rerun', { jobId })), 'e')).to.deep.equal([[7, 1]]);
    expect(await facade.ask('PUT', '/api/v1/store/pipelines', { ...changed, nodes: [stands(outer)] })).to.deep.equal(
      refusal(400, 'node "o" is depend on node "s" which is not exists'),
    );
    const circle = { ...changed, nodes: [{ ...stands(outer), input: [] }] };
    const { status, body } = await facade.ask('PUT', '/api/v1/store/pipelines', circle);
    const message = `pipeline "${inner}" contains itself`;
    expect([status, body]).to.deep.equal([400, { error: { code: 400, message, details: [inner, outer, inner] } }]);
  });

  it('a client that has no store refuses such a node in words', async () => {
    const nodes = [{ nodeName: 'o', kind: 'pipeline', spec: { name: 'inner' } } as const];
    const error = await suite.worker.client.start({ name: 'p', nodes }).catch((reason: unknown) => reason);
    expect(error).to.include({
      code: 'InvalidPipeline',
      message: 'node "o" runs a stored pipeline, which the facade does alone: it has the definitions',
    });
  });

  it('edges and the active ttl hold on a real server', async () => {
    const nodes = [node('late', 'hold'), node('early', 'first', 1)];
    const edges = [{ source: 'early', target: 'late' }];
    const jobId = await start('raw', { name: 'edges', nodes, edges, options: { activeTtl: 1 } });
    const result = await suite.worker.client.getHandle(jobId).result();
    expect(result).to.include({ status: 'stopped', reason: 'pipeline expired' });
    const { data } = await suite.worker.client.getHandle(jobId).status();
    expect(data?.details).to.equal('50.00% completed, 1 succeed, 1 stopped');
  });
});
