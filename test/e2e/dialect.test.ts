import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { exampleAlgorithms } from '../../src/examples';
import { useFacade } from '../support/facade';
import type { Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

/** What both webhooks and the answers of the facade have in common. */
type Body = Readonly<Record<string, unknown>> & { readonly timestamp: string | number };

describe("HKube's dialect, from end to end", () => {
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    even: ({ input: [value] }) => {
      if (Number(value) % 2 === 1) throw new Error(`${Number(value)} is odd`);
      return value;
    },
    wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms), { dialect: 'hkube' });
  const listen = useReceiver();

  const one = (algorithmName: string, input: string, to: Receiver): Pipeline => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName, input: [input] }],
    webhooks: to.webhooks,
  });

  async function start(pipeline: Pipeline): Promise<string> {
    const answer = await facade.post('/api/v1/exec/raw', pipeline);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return (answer.body as { jobId: string }).jobId;
  }

  const get = async (path: string): Promise<Body> => {
    const { status, body } = await facade.get(`/api/v1/${path}`);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body as Body;
  };
  const bodiesOn = (receiver: Receiver, path: string): Body[] =>
    receiver.on(path).map(({ text }) => JSON.parse(text) as Body);

  /** The document's own schemas, by the path of a route or the kind of a webhook. */
  async function checks(): Promise<(what: string, body: unknown) => void> {
    const { paths, webhooks, components } = (await facade.get('/swagger-api')).body as {
      readonly paths: Record<string, { get: { responses: Record<string, { content: Content }> } }>;
      readonly webhooks: Record<string, { post: { requestBody: { content: Content } } }>;
      readonly components: object;
    };
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    const compiled = new Map<string, ValidateFunction>();
    return (what, body) => {
      const content =
        webhooks[what]?.post.requestBody.content ?? paths[`/api/v1/${what}/{jobId}`]?.get.responses['200']?.content;
      const check =
        compiled.get(what) ?? ajv.compile({ components, allOf: [content?.['application/json']?.schema ?? false] });
      compiled.set(what, check);
      expect(check(body), `${what} ${JSON.stringify(body)}\n${JSON.stringify(check.errors)}`).to.equal(true);
    };
  }
  type Content = Readonly<Record<string, { readonly schema: object }>>;

  it('is that of both webhooks, and of what is asked for', async () => {
    const receiver = await listen();
    const jobId = await start(one('even', '#[2,3,4,6,8]', receiver));
    await suite.settle(suite.worker.client.getHandle(jobId));
    await receiver.until(({ received }) => received.length === 4);
    const [pending, active, completed] = bodiesOn(receiver, '/progress');
    const [result] = bodiesOn(receiver, '/result');
    expect([pending?.status, active?.status, completed?.status]).to.deep.equal(['pending', 'active', 'completed']);
    const took = completed?.netTimeTook;
    expect(took).to.be.a('number').and.to.be.within(0, 60);
    expect(completed).to.deep.include({
      jobId,
      level: 'info',
      data: { progress: 100, states: { succeed: 4, failed: 1 }, details: '100% completed, 4 succeed, 1 failed' },
      grossTimeTook: took,
    });
    const entry = (batchIndex: number, outcome: object) => ({
      nodeName: 'green',
      batchIndex,
      algorithmName: 'even',
      ...outcome,
    });
    const data = [
      entry(1, { result: 2 }),
      entry(2, { error: '3 is odd' }),
      ...[4, 6, 8].map((value, index) => entry(index + 3, { result: value })),
    ];
    expect(result).to.deep.include({ jobId, status: 'completed', data, timeTook: took });
    expect(result?.timestamp).to.be.a('string');

    const [status, results] = [await get(`exec/status/${jobId}`), await get(`exec/results/${jobId}`)];
    const startTime = Date.parse(String(result?.timestamp)) - Number(took) * 1_000;
    const times = { timestamp: Date.parse(String(result?.timestamp)), startTime: Math.round(startTime) };
    expect(status).to.deep.equal({ ...completed, ...times });
    expect(results).to.deep.equal({ ...result, ...times });
    const list = await until('both webhooks were answered', async () => {
      const { body } = await facade.get(`/api/v1/webhooks/list/${jobId}`);
      const found = body as { result?: Body; progress?: Body & { pipelineStatus: string } };
      return found.result !== undefined && found.progress?.pipelineStatus === 'completed' && found;
    });
    expect(list.result?.timestamp).to.be.a('number').and.to.be.closeTo(Date.now(), 60_000);
    expect(await get(`webhooks/results/${jobId}`)).to.deep.equal(list.result);

    const check = await checks();
    for (const body of [pending, active, completed]) check('progress', body);
    check('result', result);
    check('exec/status', status);
    check('exec/results', results);
    check('webhooks/list', list);
    check('webhooks/status', list.progress);
  });

  it('has no data of a job that failed or was stopped', async () => {
    const receiver = await listen();
    const check = await checks();
    const failed = await start(one('even', '#[1,3]', receiver));
    await receiver.until(({ received }) => received.length === 4);
    const [result] = bodiesOn(receiver, '/result');
    expect(result).to.include({ data: null, status: 'failed', nodeName: 'green' }).and.not.have.property('failures');
    expect(bodiesOn(receiver, '/progress').at(-1)).to.include({ level: 'error', status: 'failed' });
    expect(await get(`exec/results/${failed}`)).to.include({ data: null, status: 'failed' });
    check('result', result);

    const other = await listen();
    const stopped = await start(one('wait', '#[1]', other));
    await other.until(({ received }) => received.length === 2);
    await facade.post('/api/v1/exec/stop/', { jobId: stopped, reason: 'enough' });
    await other.until(({ received }) => received.length === 4);
    const [end] = bodiesOn(other, '/result');
    expect(end).to.include({ data: null, status: 'stopped', reason: 'enough' });
    check('result', end);
    const answer = await get(`exec/results/${stopped}`);
    expect(answer).to.include({ status: 'stopped', reason: 'enough' }).and.not.have.property('data');
    check('exec/results', answer);
  });

  it('is that of what leaves: the library has the bodies of the contract', async () => {
    const receiver = await listen();
    const jobId = await start(one('wait', '#[1,2]', receiver));
    await receiver.until(({ received }) => received.length === 2);
    await suite.worker.client.getHandle(jobId).stop('enough');
    await receiver.until(({ received }) => received.length === 4);
    expect(bodiesOn(receiver, '/progress').at(-1)).to.deep.include({
      data: { progress: 0, states: { stopped: 2 }, details: '0% completed, 2 stopped' },
    });
    expect(await suite.worker.client.getHandle(jobId).results()).not.to.have.any.keys('timeTook', 'data');
  });
});
