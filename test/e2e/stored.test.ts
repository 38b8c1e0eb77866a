import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { exampleAlgorithms } from '../../src/examples';
import { refusal, useFacade, type Answer } from '../support/facade';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { untilListed } from '../support/visibility';

describe('definitions and their jobs by the facade', () => {
  const gate = new Gate();
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
    'echo-alg': ({ input: [value] }) => value,
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const listen = useReceiver();

  const PIPELINES = '/api/v1/store/pipelines';
  const ALGORITHMS = '/api/v1/store/algorithms';
  const named = (rest: Partial<Pipeline> = {}): Pipeline => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName: 'echo-alg', input: ['@flowInput.x'] }],
    ...rest,
  });
  const held = (): Pipeline => named({ nodes: [{ nodeName: 'green', algorithmName: 'held-alg', input: [1] }] });
  const algorithm = () => `a-${randomUUID().slice(0, 8)}`;

  async function start(path: string, body: unknown, headers?: Record<string, string>): Promise<string> {
    const answer = await facade.post(`/api/v1/exec/${path}`, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return (answer.body as { jobId: string }).jobId;
  }

  describe('a stored pipeline', () => {
    it('is kept with its defaults, and a version and its author for each change', async () => {
      const pipeline = named({ description: 'first' });
      const added = await facade.post(PIPELINES, pipeline);
      expect(added.status).to.equal(201);
      const { created, version } = added.body as { created: number; version: string };
      expect(version).to.match(/^[a-z0-9]{10}$/);
      const stored = {
        ...pipeline,
        nodes: [{ ...pipeline.nodes[0], kind: 'algorithm', minStatelessCount: 0 }],
        options: { batchTolerance: 80, progressVerbosityLevel: 'info', ttl: 3_600 },
        kind: 'batch',
        experimentName: 'main',
        priority: 3,
        version,
        modified: created,
        created,
        auditTrail: [{ user: 'anonymous', timestamp: created, version }],
      };
      expect(added.body).to.deep.equal(stored);
      expect(created).to.be.closeTo(Date.now(), 60_000);
      expect(await facade.get(`${PIPELINES}/${pipeline.name}`)).to.deep.equal({ status: 200, body: stored });
      // What was read can be sent back: nothing of it has changed.
      expect((await facade.ask('PUT', PIPELINES, stored)).body).to.deep.equal(stored);
      const change = { ...pipeline, description: 'second', priority: '1' };
      const changed = await facade.ask('PUT', PIPELINES, change, { 'x-forwarded-user': 'ada' });
      expect(changed.status).to.equal(200);
      expect(changed.body).to.include({ description: 'second', priority: 1, created });
      const { auditTrail, ...second } = changed.body as { version: string; modified: number; auditTrail: object[] };
      expect(second.version).to.not.equal(version);
      expect(auditTrail).to.deep.equal([
        { user: 'ada', timestamp: second.modified, version: second.version },
        ...stored.auditTrail,
      ]);
      const { body } = await facade.get(PIPELINES);
      expect(body).to.deep.include(changed.body);
    });

    it('is posted once', async () => {
      const pipeline = named();
      await facade.post(PIPELINES, pipeline);
      expect(await facade.post(PIPELINES, pipeline)).to.deep.equal(
        refusal(409, `pipeline ${pipeline.name} already exists`),
      );
    });

    it('is posted in a list, where one that is refused keeps none back', async () => {
      const [one, two] = [named(), named()];
      const bad = { ...named(), nodes: [{ nodeName: 'a', algorithmName: 'nope' }] };
      const post = (query = '') => facade.post(`${PIPELINES}${query}`, [one, bad, { nodes: [] }, two]);
      const { status, body } = await post('?overwrite=undefined');
      expect(status).to.equal(201);
      const [first, ...rest] = body as { name?: string }[];
      expect(first).to.include({ name: one.name });
      expect(rest.slice(0, 2)).to.deep.equal([
        { error: { name: bad.name, code: 404, message: 'algorithm nope Not Found' } },
        { error: { code: 400, message: "data should have required property 'name'" } },
      ]);
      const again = (await post()).body as unknown[];
      expect(again[0]).to.deep.equal({
        error: { name: one.name, code: 409, message: `pipeline ${one.name} already exists` },
      });
      expect(((await post('?overwrite=true')).body as unknown[])[3]).to.include({
        name: two.name,
        version: (body as { version: string }[])[3]?.version,
      });
      expect(await facade.post(PIPELINES, [])).to.deep.equal({ status: 201, body: [] });
    });

    const refusals: [what: string, method: string, path: string, body: unknown, answer: Answer][] = [
      [
        'an unknown algorithm',
        'POST',
        '',
        { name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'nope' }] },
        refusal(404, 'algorithm nope Not Found'),
      ],
      ['no nodes', 'POST', '', { name: 'p', nodes: [] }, refusal(400, 'pipeline must have at least one node')],
      [
        'a cycle',
        'POST',
        '',
        { name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'b', input: ['@c'] }] },
        refusal(400, 'node "a" is depend on node "c" which is not exists'),
      ],
      [
        'a blocked address',
        'POST',
        '',
        { ...named(), webhooks: { result: 'http://10.0.0.1' } },
        refusal(400, 'data.webhooks.result: blocked address'),
      ],
      [
        'a change of what is not there',
        'PUT',
        '',
        { ...named(), name: 'none' },
        refusal(404, 'pipeline none Not Found'),
      ],
      ['what is not there', 'GET', '/none', undefined, refusal(404, 'pipeline none Not Found')],
      ['a deletion of what is not there', 'DELETE', '/none', undefined, refusal(404, 'pipeline none Not Found')],
      ['a deletion of nothing', 'DELETE', '', undefined, refusal(405, 'Method Not Allowed')],
      [
        'a name that is too long',
        'GET',
        `/${'x'.repeat(256)}`,
        undefined,
        refusal(400, 'data.name should NOT be longer than 255 characters'),
      ],
    ];
    for (const [what, method, path, body, answer] of refusals) {
      it(`refuses ${what}`, async () => {
        expect(await facade.ask(method, PIPELINES + path, body)).to.deep.equal(answer);
      });
    }

    it('runs with what is given merged over it', async () => {
      const receiver = await listen();
      const pipeline = named({ flowInput: { x: 1, y: 2 }, webhooks: receiver.webhooks, tags: ['a'] });
      await facade.post(PIPELINES, pipeline);
      const jobId = await start('stored', { name: pipeline.name, flowInput: { x: [7] }, options: { ttl: '60' } });
      await receiver.until(({ results }) => results.length === 1);
      expect(receiver.results[0]?.data).to.deep.include({ nodeName: 'green', algorithmName: 'echo-alg', result: [7] });
      const { status, body } = await facade.get(`/api/v1/exec/pipelines/${jobId}`);
      expect(status).to.equal(200);
      expect(body).to.deep.include({
        name: pipeline.name,
        jobId,
        types: ['stored'],
        flowInput: { x: [7] },
        tags: ['a'],
        priority: 3,
      });
      expect(body).to.have.nested.property('options.ttl', 60);
      expect((body as { startTime: number }).startTime).to.be.closeTo(Date.now(), 60_000);
    });

    it('is refused to run where its flow input lacks what it reads, or it is not there', async () => {
      const pipeline = named();
      await facade.post(PIPELINES, pipeline);
      expect(await facade.post('/api/v1/exec/stored', { name: pipeline.name })).to.deep.equal(
        refusal(400, 'unable to find flowInput.x'),
      );
      expect(await facade.post('/api/v1/exec/stored', { name: 'none' })).to.deep.equal(
        refusal(404, 'pipeline none Not Found'),
      );
    });

    it('stops its jobs when it is deleted, and no others', async () => {
      const pipeline = held();
      await facade.post(PIPELINES, pipeline);
      const raw = await start('raw', pipeline);
      const stored = await Promise.all([1, 2].map(() => start('stored', { name: pipeline.name })));
      await untilListed(suite.client, 3, `PipelineName = '${pipeline.name}' AND PipelineStatus = 'active'`);
      expect(await facade.ask('DELETE', `${PIPELINES}/${pipeline.name}`)).to.deep.equal({
        status: 200,
        body: {
          message: `pipeline ${pipeline.name} successfully deleted from store, stopped related running pipelines 2/2`,
        },
      });
      const statuses = await Promise.all(
        [...stored, raw].map(async (jobId) => (await suite.worker.client.getHandle(jobId).status()).status),
      );
      expect(statuses).to.deep.equal(['stopped', 'stopped', 'active']);
      expect((await facade.get(`${PIPELINES}/${pipeline.name}`)).status).to.equal(404);
      gate.open(raw);
    });
  });

  describe('a run of one algorithm', () => {
    it('is a pipeline of one node', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const request = { name: 'echo-alg', input: [{ a: 1 }] };
      const jobId = await start('algorithm', request, key);
      expect(await start('algorithm', request, key)).to.equal(jobId);
      await suite.worker.client.getHandle(jobId).result();
      const { body } = await facade.get(`/api/v1/exec/results/${jobId}`);
      expect(body).to.deep.include({ data: [{ nodeName: 'echo-alg', algorithmName: 'echo-alg', result: { a: 1 } }] });
      expect((await facade.get(`/api/v1/exec/pipelines/${jobId}`)).body).to.deep.include({ types: ['algorithm'] });
    });

    it('refuses what it does not know', async () => {
      const post = (body: unknown) => facade.post('/api/v1/exec/algorithm', body);
      expect(await post({ name: 'nope', input: [] })).to.deep.equal(refusal(404, 'algorithm nope Not Found'));
      expect(await post({ name: 'echo-alg', more: 1 })).to.deep.equal(
        refusal(400, 'data should NOT have additional properties (more)'),
      );
    });
  });

  describe('a stored algorithm', () => {
    it('is an endpoint, an activity or an image to come', async () => {
      for (const home of [
        { http: { url: 'https://scale.example/run', timeout: 30 } },
        { activity: { taskQueue: 'python', type: 'scale' } },
        { algorithmImage: 'registry/scale:v1', cpu: 0.5 },
      ]) {
        const definition = { name: algorithm(), ...home };
        const added = await facade.post(ALGORITHMS, definition);
        expect(added.status).to.equal(201);
        expect(added.body).to.deep.include(definition);
        expect(added.body)
          .to.have.property('version')
          .that.matches(/^[a-z0-9]{10}$/);
        expect((await facade.get(`${ALGORITHMS}/${definition.name}`)).body).to.deep.equal(added.body);
      }
    });

    const url = 'https://scale.example';
    const refusals: [what: string, body: object, message: string][] = [
      [
        'a name with capitals',
        { name: 'Scale', http: { url } },
        'algorithm name must contain only lower-case alphanumeric, dash or dot',
      ],
      ['no home', { name: 'scale' }, 'cannot apply algorithm due to missing image url or build data'],
      [
        'two homes',
        { name: 'scale', http: { url }, algorithmImage: 'x' },
        'data should have only one of http, algorithmImage',
      ],
      ['no URL', { name: 'scale', http: { url: 'scale' } }, 'data.http.url should match format "url"'],
      [
        'a blocked address',
        { name: 'scale', http: { url: 'http://169.254.169.254/' } },
        'data.http.url: blocked address',
      ],
      [
        'an activity without a queue',
        { name: 'scale', activity: { type: 'x' } },
        "data.activity should have required property 'taskQueue'",
      ],
    ];
    for (const [what, body, message] of refusals) {
      it(`refuses ${what}`, async () => {
        expect(await facade.post(ALGORITHMS, body)).to.deep.equal(refusal(400, message));
      });
    }
  });

  it('has no data of a result apart from it, and no pipeline of a job that is not there', async () => {
    expect(await facade.get('/api/v1/exec/results/none/data/some')).to.deep.equal(refusal(404, 'data some Not Found'));
    expect(await facade.get('/api/v1/exec/pipelines/none')).to.deep.equal(refusal(404, 'pipeline none Not Found'));
  });
});
