import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Algorithms } from '../../activities';
import type { ProgressBody } from '../../src/domain/events';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { startTestFacade, type TestFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { Receiver } from '../support/receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';
import { startWorker, type TestWorker } from '../support/worker';

describe('the facade', () => {
  const gate = new Gate();
  let temporal: TestTemporal;
  let worker: TestWorker;
  let receiver: Receiver;
  let facade: TestFacade;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
    const algorithms: Algorithms = {
      ...exampleAlgorithms,
      'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
    };
    worker = await startWorker(temporal, { algorithms });
    receiver = await Receiver.start();
    facade = await startTestFacade(temporal, worker.taskQueue, Object.keys(algorithms));
  });

  after(async () => {
    await facade.close();
    await worker.stop();
    await receiver.close();
  });

  const held = { name: 'held', nodes: [{ nodeName: 'green', algorithmName: 'held-alg', input: ['#[1,2]'] }] };

  async function post(pipeline: unknown): Promise<string> {
    const { status, body } = await facade.post('/api/v1/exec/raw', pipeline);
    expect(status, JSON.stringify(body)).to.equal(200);
    return (body as { jobId: string }).jobId;
  }

  it('runs what is posted, and answers by polling what the webhooks said', async () => {
    const jobId = await post(seedPipeline({ progress: `${receiver.url}/progress`, result: `${receiver.url}/result` }));
    expect(jobId).to.match(/^batch:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await receiver.until(({ results, progress }) => results.length === 1 && progress.length === 3);
    expect(await facade.get(`/api/v1/exec/status/${jobId}`)).to.deep.equal({ status: 200, body: receiver.progress[2] });
    expect(await facade.get(`/api/v1/exec/results/${jobId}`)).to.deep.equal({ status: 200, body: receiver.results[0] });
    // As HKube's clients send it: percent-encoded, with a stray blank and a slash at the end.
    const encoded = `/api/v1/exec/status/${encodeURIComponent(`${jobId} `)}/`;
    expect((await facade.get(encoded)).body).to.deep.equal(receiver.progress[2]);
  });

  it('stops a job, once', async () => {
    const jobId = await post(held);
    expect(await facade.post('/api/v1/exec/stop', { jobId, reason: 'enough' })).to.deep.equal({
      status: 200,
      body: { stoppedJobIds: [jobId] },
    });
    const ended = await facade.get(`/api/v1/exec/results/${jobId}`);
    expect(ended.body).to.include({ status: 'stopped', reason: 'enough' });
    expect(await facade.post('/api/v1/exec/stop/', { jobId })).to.deep.equal(
      refusal(404, `No jobs found matching criteria (jobId: ${jobId}, statuses: active,pending,paused)`),
    );
  });

  it('pauses and resumes a job, each only where its status allows it', async () => {
    const jobId = await post(held);
    const ok = { status: 200, body: { message: 'OK' } };
    expect(await facade.post('/api/v1/exec/pause', { jobId })).to.deep.equal(ok);
    expect((await facade.get(`/api/v1/exec/status/${jobId}`)).body).to.include({ status: 'paused' });
    expect(await facade.post('/api/v1/exec/pause', { jobId })).to.deep.equal(
      refusal(400, 'unable to pause pipeline held because its in paused status'),
    );
    expect(await facade.post('/api/v1/exec/resume', { jobId })).to.deep.equal(ok);
    expect(await facade.post('/api/v1/exec/resume', { jobId })).to.deep.equal(
      refusal(400, 'unable to resume pipeline held because its in active status'),
    );
    gate.open(jobId);
    await until('it is over', async () => (await facade.get(`/api/v1/exec/results/${jobId}`)).status === 200);
    expect(await facade.post('/api/v1/exec/pause', { jobId })).to.deep.equal(
      refusal(400, 'unable to pause pipeline held because its in completed status'),
    );
    expect(await facade.post('/api/v1/exec/pause', { jobId: 'none' })).to.deep.equal(
      refusal(404, 'jobId none Not Found'),
    );
  });

  it('starts one job for a key, whatever becomes of it', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const pipeline = { ...held, nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }] };
    const answers = await Promise.all([1, 2, 3].map(() => facade.post('/api/v1/exec/raw', pipeline, key)));
    const [first, ...others] = answers.map(({ body }) => (body as { jobId: string }).jobId);
    expect(first).to.match(/^held:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/);
    expect(others).to.deep.equal([first, first]);
    await worker.client.getHandle(first ?? '').result();
    expect((await facade.post('/api/v1/exec/raw', pipeline, key)).body).to.deep.equal({ jobId: first });
    expect(await facade.post('/api/v1/exec/raw', { ...pipeline, priority: 1 }, key)).to.deep.equal(
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

  it('answers within two seconds what the server knows, with no worker alive', async () => {
    const nobody = await startTestFacade(temporal, `nobody-${randomUUID()}`, ['held-alg']);
    try {
      const { body } = await nobody.post('/api/v1/exec/raw', held);
      const { jobId } = body as { jobId: string };
      const asked = Date.now();
      const answer = await nobody.get(`/api/v1/exec/status/${jobId}`);
      expect(Date.now() - asked).to.be.lessThan(2_500);
      expect(answer.status).to.equal(200);
      expect(answer.body).to.include({ jobId, pipeline: 'held', level: 'info', status: 'pending' });
      expect((await nobody.get('/readyz')).status).to.equal(503);
    } finally {
      await nobody.close();
    }
  });

  it('is healthy, and ready while a worker is seen', async () => {
    expect(await facade.get('/healthz')).to.deep.equal({ status: 200, body: { status: 'ok' } });
    expect(await facade.get('/readyz')).to.deep.equal({
      status: 200,
      body: { status: 'ok', temporal: true, worker: true },
    });
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
    ['a stop without a job', 'stop', {}, 400, "data should have required property 'jobId'"],
    ['a stop of a number', 'stop', { jobId: 1 }, 400, 'data.jobId should be string'],
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
      .that.includes('should NOT be larger than 1900000 bytes');
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

function refusal(code: number, message: string): { status: number; body: unknown } {
  return { status: code, body: { error: { code, message } } };
}
