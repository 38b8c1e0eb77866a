import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Algorithms } from '../../activities';
import type { ProgressBody } from '../../src/domain/events';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { refusal, startTestFacade, useFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

describe('the facade', () => {
  const gate = new Gate();
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
    'gated-alg': async ({ jobId, taskId, input: [value] }, { signal }) => {
      await gate.wait(`${jobId} ${taskId}`, signal);
      if (value === 'bad') throw new Error('bad item');
      return value;
    },
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const listen = useReceiver();

  const held = { name: 'held', nodes: [{ nodeName: 'green', algorithmName: 'held-alg', input: ['#[1,2]'] }] };

  async function post(pipeline: unknown): Promise<string> {
    const { status, body } = await facade.post('/api/v1/exec/raw', pipeline);
    expect(status, JSON.stringify(body)).to.equal(200);
    return (body as { jobId: string }).jobId;
  }

  it('runs what is posted, and answers by polling what the webhooks said', async () => {
    const receiver = await listen();
    const jobId = await post(seedPipeline(receiver.webhooks));
    expect(jobId).to.match(/^batch:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await receiver.until(({ results, progress }) => results.length === 1 && progress.length === 3);
    expect(await facade.get(`/api/v1/exec/status/${jobId}`)).to.deep.equal({ status: 200, body: receiver.progress[2] });
    expect(await facade.get(`/api/v1/exec/results/${jobId}`)).to.deep.equal({ status: 200, body: receiver.results[0] });
    // As HKube's clients send it: percent-encoded, with a stray blank and a slash at the end.
    const encoded = `/api/v1/exec/status/${encodeURIComponent(`${jobId} `)}/`;
    expect((await facade.get(encoded)).body).to.deep.equal(receiver.progress[2]);
  });

  it('answers at each step what a debug subscriber was told last, and what the query answers', async () => {
    const receiver = await listen();
    const jobId = await post({
      name: 'gated',
      nodes: [
        // Each item in a block of its own from the start: what a shared one gives back is told as well.
        { nodeName: 'green', algorithmName: 'gated-alg', input: ['#[ok,bad,ok]'], retry: { policy: 'Never' } },
        { nodeName: 'yellow', algorithmName: 'gated-alg', input: ['@green'] },
      ],
      options: { progressVerbosityLevel: 'debug' },
      webhooks: receiver.webhooks,
    });
    const open = (...tasks: string[]) => tasks.forEach((task) => gate.open(`${jobId} ${task}`));
    const control = (verb: string) => facade.post(`/api/v1/exec/${verb}`, { jobId });
    const steps: readonly [act: () => unknown, level: string, status: string, details: string][] = [
      [() => undefined, 'debug', 'active', '0.00% completed, 3 active, 1 creating'],
      [() => open('green#1'), 'debug', 'active', '25.00% completed, 1 succeed, 2 active, 1 creating'],
      [() => open('green#2'), 'warn', 'active', '50.00% completed, 1 succeed, 1 failed, 1 active, 1 creating'],
      [() => control('pause'), 'info', 'paused', '50.00% completed, 1 succeed, 1 failed, 1 active, 1 creating'],
      [() => control('resume'), 'info', 'resumed', '50.00% completed, 1 succeed, 1 failed, 1 active, 1 creating'],
      [() => open('green#3'), 'debug', 'active', '75.00% completed, 2 succeed, 1 failed, 1 active'],
      [() => open('yellow'), 'info', 'completed', '100.00% completed, 3 succeed, 1 failed'],
    ];
    for (const [act, level, status, details] of steps) {
      await act();
      await receiver.until(
        ({ progress }) => progress.at(-1)?.data?.details === details && progress.at(-1)?.status === status,
      );
      const told = receiver.arrivedOn('/progress').at(-1)?.text;
      const { body } = await facade.get(`/api/v1/exec/status/${jobId}`);
      expect(JSON.stringify(body)).to.equal(told);
      expect(body).to.include({ level, status });
      expect(JSON.stringify(await suite.client.workflow.getHandle(jobId).query('status'))).to.equal(told);
    }
  });

  for (const [verb, status] of [
    ['stop', 'stopped'],
    ['pause', 'paused'],
  ] as const) {
    it(`takes a ${verb} as soon as the job is posted`, async () => {
      const receiver = await listen();
      const jobId = await post({ ...held, webhooks: receiver.webhooks });
      expect((await facade.post(`/api/v1/exec/${verb}`, { jobId })).status).to.equal(200);
      await receiver.until(({ progress }) => progress.length === 3);
      expect(receiver.progress.map((body) => body.status)).to.deep.equal(['pending', 'active', status]);
      if (verb === 'pause') await facade.post('/api/v1/exec/stop', { jobId });
    });
  }

  it('starts one job for a key, whatever becomes of it', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const pipeline = { ...held, nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }] };
    const answers = await Promise.all([1, 2, 3].map(() => facade.post('/api/v1/exec/raw', pipeline, key)));
    const [first, ...others] = answers.map(({ body }) => (body as { jobId: string }).jobId);
    expect(first).to.match(/^held:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/);
    expect(others).to.deep.equal([first, first]);
    await suite.worker.client.getHandle(first ?? '').result();
    expect((await facade.post('/api/v1/exec/raw', pipeline, key)).body).to.deep.equal({ jobId: first });
    expect(await facade.post('/api/v1/exec/raw', { ...pipeline, priority: 1 }, key)).to.deep.equal(
      refusal(409, 'the key was used with another pipeline'),
    );
  });

  it('starts one job for a key and a request, though what is stored has changed since, or is gone', async () => {
    const name = `stored-${randomUUID()}`;
    const outer = `outer-${randomUUID()}`;
    const stored = { name, nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['@flowInput.x'] }] };
    const api = '/api/v1/store/pipelines';
    expect((await facade.post(api, stored)).status).to.equal(201);
    const key = { 'idempotency-key': randomUUID() };
    const request = { name, flowInput: { x: 1 } };
    const whole = { name: outer, nodes: [{ nodeName: 'inner', kind: 'pipeline', spec: { name }, input: [{ x: 1 }] }] };
    const ask = () =>
      Promise.all([facade.post('/api/v1/exec/stored', request, key), facade.post('/api/v1/exec/raw', whole, key)]);
    const first = await ask();
    expect(first.map(({ status }) => status)).to.deep.equal([200, 200]);
    const nodes = [...stored.nodes, { nodeName: 'other', algorithmName: 'green-alg', input: [2] }];
    expect((await facade.ask('PUT', api, { ...stored, nodes })).status).to.equal(200);
    expect(await ask()).to.deep.equal(first);
    expect((await facade.ask('DELETE', `${api}/${name}`)).status).to.equal(200);
    expect(await ask()).to.deep.equal(first);
  });

  it('refuses another request for a key, of a stored pipeline as well', async () => {
    const name = `stored-${randomUUID()}`;
    await facade.post('/api/v1/store/pipelines', {
      name,
      nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['@flowInput.x'] }],
    });
    const key = { 'idempotency-key': randomUUID() };
    expect((await facade.post('/api/v1/exec/stored', { name, flowInput: { x: 1 } }, key)).status).to.equal(200);
    expect(await facade.post('/api/v1/exec/stored', { name, flowInput: { x: 2 } }, key)).to.deep.equal(
      refusal(409, 'the key was used with another pipeline'),
    );
  });

  it('says in which status a job has no results yet', async () => {
    const jobId = await post(held);
    await until('it is active', async () => {
      const { body } = await facade.get(`/api/v1/exec/status/${jobId}`);
      return (body as ProgressBody).status === 'active';
    });
    expect(await facade.get(`/api/v1/exec/results/${jobId}`)).to.deep.equal(
      refusal(400, 'unable to get results for pipeline held because its in active status'),
    );
    gate.open(jobId);
  });

  it('is healthy, and ready while a worker is seen', async () => {
    expect(await facade.get('/healthz')).to.deep.equal({ status: 200, body: { status: 'ok' } });
    expect(await facade.get('/readyz')).to.deep.equal({
      status: 200,
      body: { status: 'ok', temporal: true, worker: true },
    });
    const nobody = await startTestFacade(suite.temporal, `nobody-${randomUUID()}`, []);
    try {
      expect((await nobody.get('/healthz')).status).to.equal(200);
      expect((await nobody.get('/readyz')).status).to.equal(503);
    } finally {
      await nobody.close();
    }
  });

  const refusals: readonly [what: string, path: string, body: unknown, code: number, message: string][] = [
    ['a pipeline without a name', 'raw', { nodes: [] }, 400, "data should have required property 'name'"],
    ['no nodes', 'raw', { name: 'p', nodes: [] }, 400, 'pipeline must have at least one node'],
    [
      'an unknown algorithm',
      'raw',
      { name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'nope' }] },
      404,
      'algorithm nope Not Found',
    ],
    ['no URL', 'raw', { ...held, webhooks: { result: 'here' } }, 400, 'data.webhooks.result should match format "url"'],
    [
      'a blocked address',
      'raw',
      { ...held, webhooks: { result: 'http://10.0.0.1/' } },
      400,
      'data.webhooks.result: blocked address',
    ],
    ['a list', 'raw', [], 400, 'data should be object'],
    ['a pause without a job', 'pause', {}, 400, "data should have required property 'jobId'"],
    // With a slash behind it, as hkubectl sends it.
    ['a stop without a job', 'stop/', {}, 400, "data should have required property 'jobId'"],
    ['a stop of no time', 'stop', { startTime: {} }, 400, "data should have required property 'jobId'"],
    ['a stop of no status', 'stop', { statusToStop: ' ,' }, 400, "data should have required property 'jobId'"],
    ['a stop of a number', 'stop', { jobId: 1 }, 400, 'data.jobId should be string'],
    ['a pause of nothing', 'pause', { jobId: '' }, 404, 'jobId  Not Found'],
    ['a resume of half a character', 'resume', { jobId: '\ud800' }, 404, 'jobId \ud800 Not Found'],
    [
      'a stop of a very long id',
      'stop',
      { jobId: 'x'.repeat(2_000) },
      404,
      `No jobs found matching criteria (jobId: ${'x'.repeat(2_000)}, statuses: active,pending,paused)`,
    ],
  ];
  for (const [what, path, body, code, message] of refusals) {
    it(`refuses ${what}`, async () => {
      expect(await facade.post(`/api/v1/exec/${path}`, body)).to.deep.equal(refusal(code, message));
    });
  }

  it('refuses what is not there', async () => {
    expect(await facade.get('/api/v1/exec/status/none')).to.deep.equal(refusal(404, 'status none Not Found'));
    expect(await facade.get('/api/v1/exec/results/none')).to.deep.equal(refusal(404, 'status none Not Found'));
    const missing = refusal(400, "data should have required property 'jobId'");
    expect(await facade.get('/api/v1/exec/status')).to.deep.equal(missing);
    expect((await facade.get('/api/v1/nothing')).status).to.equal(404);
  });

  it('refuses what is no JSON, and what is too large', async () => {
    const broken = await facade.post('/api/v1/exec/raw', '{"name": ');
    expect(broken.status).to.equal(400);
    expect(broken.body).to.have.nested.property('error.message').that.includes('JSON');
    const large = await facade.post('/api/v1/exec/raw', { ...held, flowInput: 'x'.repeat(2_000_000) });
    expect(large.status).to.equal(400);
    expect(large.body)
      .to.have.nested.property('error.message')
      .that.matches(/^data\.flowInput should NOT be larger than 1899\d{3} bytes, it has 2000002$/);
    expect((await facade.post('/api/v1/exec/raw', { ...held, flowInput: 'x'.repeat(5_000_000) })).status).to.equal(413);
  });

  it('refuses other methods, in its own words', async () => {
    expect(await facade.get('/api/v1/exec/raw')).to.deep.equal(refusal(405, 'Method Not Allowed'));
    expect(await facade.post('/api/v1/exec/status/none', {})).to.deep.equal(refusal(405, 'Method Not Allowed'));
  });

  it('answers only to its own names, so that none can be rebound to it', async () => {
    const codes = await Promise.all(
      ['pipelines.example', 'PIPELINES.example:80', 'localhost:3000', '[::1]:3000', '10.0.0.1', 'evil.example'].map(
        (host) => statusFor(host, '/api/v1/exec/status/none'),
      ),
    );
    expect(codes).to.deep.equal([404, 404, 404, 404, 404, 421]);
    // Whoever looks after the process may not know its name.
    expect(await statusFor('evil.example', '/healthz')).to.equal(200);
  });

  /** By hand, since fetch does not let a host be named. */
  async function statusFor(host: string, path: string): Promise<number | undefined> {
    const asked = get(facade.url + path, { headers: { host } });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  it('names the nodes of a cycle', async () => {
    const { status, body } = await facade.post('/api/v1/exec/raw', {
      name: 'p',
      nodes: [
        { nodeName: 'a', algorithmName: 'held-alg', input: ['@b'] },
        { nodeName: 'b', algorithmName: 'held-alg', input: ['@a'] },
      ],
    });
    expect(status).to.equal(400);
    expect(body).to.have.nested.property('error.message', 'cyclic nodes are not allowed on batch pipeline');
    expect(body).to.have.nested.property('error.details').that.includes.members(['a', 'b']);
  });
});
