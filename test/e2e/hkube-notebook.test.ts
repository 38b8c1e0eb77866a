import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { exampleAlgorithms } from '../../src/examples';
import type { HkubeProgressBody, HkubeResults, HkubeStatus } from '../../src/domain/dialect';
import { refusal, useFacade, type Answer } from '../support/facade';
import { replay, type ClientHeaders } from '../support/recorded';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// The requests of PyPI's hkube-notebook 1.0.0.dev3, as a proxy has seen them, and the arithmetic that it does on the answers
// and on the webhooks of its own receiver. It was written against HKube's running code, so it needs that dialect.

const READS: ClientHeaders = {
  'user-agent': 'python-requests/2.34.2',
  'accept-encoding': 'gzip, deflate',
  accept: '*/*',
};
const SENDS: ClientHeaders = { ...READS, 'content-type': 'application/json' };

describe('hkube-notebook', () => {
  const suite = useWorker({ algorithms: exampleAlgorithms });
  const facade = useFacade(suite, Object.keys(exampleAlgorithms), { dialect: 'hkube' });
  const listen = useReceiver();

  /** What it reads as JSON may be compressed; these answers are too short for it. */
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> =>
    replay(facade.url, {
      method,
      path: `/api/v1/${path}`,
      headers: body === undefined ? READS : SENDS,
      // Its own way to write JSON has blanks; a DELETE says that it has no body.
      ...(body !== undefined && { body: JSON.stringify(body).replaceAll('":', '": ') }),
      ...(method === 'DELETE' && { body: '' }),
    });
  const nodes = [
    { nodeName: 'green', algorithmName: 'green-alg', input: ['#@flowInput.x'] },
    { nodeName: 'white', algorithmName: 'green-alg', input: ['@flowInput.y'], extraData: { a: 1 } },
  ];
  const named = (): string => `notebook-${randomUUID()}`;
  // Its options are those of its own connection, and travel along.
  const options = { base_url: 'http://api-server:3000' };

  /** As its progress bar counts: whole steps to 100. */
  function bar(told: readonly (HkubeProgressBody | HkubeStatus)[]): number {
    let [sofar, calculated] = [0, 0];
    for (const { data } of told) {
      if (data === undefined) continue;
      expect(data.details).to.be.a('string');
      calculated += Math.round(data.progress - sofar);
      sofar = data.progress;
      if (sofar >= 100) calculated = 100;
    }
    return calculated;
  }

  it('stores a pipeline, runs it with its own receiver, and reads the results', async () => {
    const name = named();
    expect((await ask('POST', 'store/pipelines', { name, nodes, options })).status).to.equal(201);
    const all = (await ask('GET', 'store/pipelines')).body as readonly { name: string }[];
    expect(all.map((one) => one.name)).to.include(name);

    const receiver = await listen();
    const started = await ask('POST', 'exec/stored', {
      name,
      options: { batchTolerance: 100, progressVerbosityLevel: 'debug' },
      flowInput: { x: [1, 2, 3], y: 4 },
      webhooks: { progress: receiver.webhooks.progress },
    });
    const { jobId } = started.body as { jobId: string };
    const told = (): HkubeProgressBody[] =>
      receiver.on('/progress').map(({ text }) => JSON.parse(text) as HkubeProgressBody);
    await receiver.until(() => ['completed', 'failed', 'stopped'].includes(told().at(-1)?.status ?? ''));
    expect(told().every((body) => body.jobId === jobId)).to.equal(true);
    expect(bar(told())).to.equal(100);
    expect(told().at(-1)).to.include({ status: 'completed' });

    const results = (await ask('GET', `exec/results/${jobId}`)).body as HkubeResults;
    expect(results).to.include({ status: 'completed', pipeline: name });
    expect(results.timeTook).to.be.a('number');
    expect(results.data?.map(({ result }) => result)).to.deep.equal([10, 20, 30, 40]);

    expect(await ask('DELETE', `store/pipelines/${name}`)).to.deep.equal({
      status: 200,
      body: { message: `pipeline ${name} successfully deleted from store` },
    });
  });

  it('runs a pipeline that is not stored, and asks for its status', async () => {
    const started = await ask('POST', 'exec/raw', { name: named(), nodes, options, flowInput: { x: [1, 2], y: 3 } });
    const { jobId } = started.body as { jobId: string };
    const told = await until('it has ended', async () => {
      const { body } = await ask('GET', `exec/status/${jobId}`);
      return (body as HkubeStatus).status === 'completed' && (body as HkubeStatus);
    });
    expect(bar([told])).to.equal(100);
    const reason = 'stop in jupyter notebook';
    expect(await ask('POST', 'exec/stop', { jobId, reason })).to.deep.equal(
      refusal(404, `No jobs found matching criteria (jobId: ${jobId}, statuses: active,pending,paused)`),
    );
  });

  it('adds an algorithm, lists all, and deletes it', async () => {
    const algorithm = { name: 'nb-alg', algorithmImage: 'registry.example/nb:v1', cpu: 1, mem: '256Mi' };
    expect((await ask('POST', 'store/algorithms', algorithm)).status).to.equal(201);
    expect(await ask('POST', 'store/algorithms', algorithm)).to.deep.equal(
      refusal(409, 'algorithm nb-alg already exists'),
    );
    const all = (await ask('GET', 'store/algorithms')).body as readonly { name: string }[];
    expect(all.map(({ name }) => name)).to.deep.equal(['nb-alg']);
    expect((await ask('DELETE', 'store/algorithms/nb-alg')).status).to.equal(200);
  });
});
