import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import { exampleAlgorithms } from '../../src/examples';
import { refusal, useFacade, type Answer } from '../support/facade';
import { replay, type ClientHeaders } from '../support/recorded';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// The requests of hkubectl 1.1.99, as a proxy has seen them: its paths below the ingress and with their trailing slashes,
// its headers, its bodies. What it reads of the answers is what is looked at here.

const PREFIX = '/hkube/api-server/api/v1';
const READS: ClientHeaders = { accept: 'application/json, text/plain, */*', 'user-agent': 'axios/0.19.2' };
const SENDS: ClientHeaders = { ...READS, 'content-type': 'application/json;charset=utf-8' };

describe('hkubectl', () => {
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));

  const get = (path: string): Promise<Answer> =>
    replay(facade.url, { method: 'GET', path: `${PREFIX}/${path}`, headers: READS });
  const remove = (path: string): Promise<Answer> =>
    replay(facade.url, { method: 'DELETE', path: `${PREFIX}/${path}`, headers: READS });
  const post = (path: string, body: unknown): Promise<Answer> =>
    replay(facade.url, { method: 'POST', path: `${PREFIX}/${path}`, headers: SENDS, body: JSON.stringify(body) });

  async function startedBy(path: string, body: unknown): Promise<string> {
    const { status, body: answer } = await post(path, body);
    expect(status, JSON.stringify(answer)).to.equal(200);
    return (answer as { jobId: string }).jobId;
  }

  /** As it waits: it asks until the status is one of three, and shows the details meanwhile. */
  async function follow(jobId: string): Promise<{ status: string; results: unknown }> {
    const status = await until(`${jobId} has ended`, async () => {
      const { body } = await get(`exec/status/${jobId}`);
      const { status: now, data } = body as { status: string; data?: { details: unknown } };
      if (data !== undefined) expect(data.details).to.be.a('string');
      return ['completed', 'failed', 'stopped'].includes(now) && now;
    });
    if (status !== 'completed') return { status, results: undefined };
    const { body } = await get(`exec/results/${jobId}`);
    return { status, results: (body as { data: readonly { result: unknown }[] }).data.map(({ result }) => result) };
  }

  const simple = (name: string, algorithmName = 'green-alg', input: unknown = '#[1,2,3]'): object => ({
    name,
    nodes: [{ nodeName: 'green', algorithmName, input: [input] }],
  });
  const named = (word: string): string => `${word}-${randomUUID()}`;

  it('exec raw', async () => {
    const jobId = await startedBy('exec/raw/', simple('simple'));
    expect(await follow(jobId)).to.deep.equal({ status: 'completed', results: [10, 20, 30] });
  });

  it('exec stored, with what a file adds, and without', async () => {
    const name = named('stored');
    const { status } = await post('store/pipelines', {
      ...simple(name, 'green-alg', '@flowInput.x'),
      flowInput: { x: 4 },
    });
    expect(status).to.equal(201);
    const plain = await startedBy('exec/stored/', { name });
    expect(await follow(plain)).to.deep.equal({ status: 'completed', results: [40] });
    const other = await startedBy('exec/stored/', { name, flowInput: { x: 6 } });
    expect(await follow(other)).to.deep.equal({ status: 'completed', results: [60] });
    expect(await post('exec/stored/', { name: 'none' })).to.deep.equal(refusal(404, 'pipeline none Not Found'));
  });

  it('exec algorithm', async () => {
    const jobId = await startedBy('exec/algorithm/', { name: 'green-alg', input: [5] });
    expect(await follow(jobId)).to.deep.equal({ status: 'completed', results: [50] });
  });

  it('exec get, status and result', async () => {
    const jobId = await startedBy('exec/raw/', simple('looked-at'));
    await follow(jobId);
    expect((await get(`exec/pipelines/${jobId}`)).body).to.deep.include({ name: 'looked-at', jobId, types: ['raw'] });
    expect((await get(`exec/status/${jobId}`)).body).to.include({ jobId, pipeline: 'looked-at', status: 'completed' });
    expect((await get(`exec/results/${jobId}`)).body).to.include({ jobId, status: 'completed' });
    expect(await get('exec/status/none')).to.deep.equal(refusal(404, 'status none Not Found'));
  });

  it('exec stop, with a reason and without', async () => {
    for (const reason of ['enough', undefined]) {
      const jobId = await startedBy('exec/raw/', simple('long', 'wait'));
      await until('it runs', async () => {
        const { body } = await get(`exec/status/${jobId}`);
        return (body as { status: string }).status === 'active';
      });
      expect(await post('exec/stop/', { jobId, reason })).to.deep.equal({
        status: 200,
        body: { stoppedJobIds: [jobId] },
      });
      expect(await follow(jobId)).to.deep.equal({ status: 'stopped', results: undefined });
      const gone = `No jobs found matching criteria (jobId: ${jobId}, statuses: active,pending,paused)`;
      expect(await post('exec/stop/', { jobId, reason })).to.deep.equal(refusal(404, gone));
    }
  });

  it('pipeline store and get', async () => {
    const name = named('kept');
    const stored = await post('store/pipelines', simple(name));
    expect(stored.status).to.equal(201);
    expect(stored.body).to.deep.include({ name, kind: 'batch', priority: 3 });
    expect(await get(`store/pipelines/${name}`)).to.deep.equal({ status: 200, body: stored.body });
    // Without a name it asks with the slash that would stand before it.
    expect((await get('store/pipelines/')).body).to.deep.include(stored.body);
    expect(await post('store/pipelines', simple(name))).to.deep.equal(refusal(409, `pipeline ${name} already exists`));
  });

  it('algorithm list, get and delete', async () => {
    const name = 'listed-alg';
    await facade.store.algorithms.put({ name, algorithmImage: 'registry.example/listed:v1' });
    const { body } = await get('store/algorithms');
    expect((body as readonly { name: string }[]).map((one) => one.name)).to.include(name);
    expect((await get(`store/algorithms/${name}`)).body).to.deep.include({ name });
    expect(await remove(`store/algorithms/${name}`)).to.deep.equal({
      status: 200,
      body: { message: `algorithm ${name} successfully deleted from store` },
    });
    expect(await get(`store/algorithms/${name}`)).to.deep.equal(refusal(404, `algorithm ${name} Not Found`));
  });

  it('algorithm apply, and version', async () => {
    const name = 'applied-alg';
    // Of the builder of forms that it uses.
    const boundary = '--------------------------269081527515649516188976';
    const part = (field: string, text: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${text}\r\n`;
    const apply = (algorithm: object): Promise<Answer> => {
      const userInfo = { platform: 'linux', hostname: 'laptop', username: 'anna' };
      const payload = JSON.stringify({ ...algorithm, name, userInfo });
      return replay(facade.url, {
        method: 'POST',
        path: `${PREFIX}/store/algorithms/apply`,
        headers: {
          ...READS,
          'content-type': `multipart/form-data; boundary=${boundary}`,
          'transfer-encoding': 'chunked',
        },
        // A file that was not given is an empty text.
        body: `${part('payload', payload)}${part('file', '')}--${boundary}--\r\n`,
      });
    };
    const images = ['registry.example/applied:v1', 'registry.example/applied:v2'];
    for (const algorithmImage of images) {
      const { status, body } = await apply({ algorithmImage, cpu: 1, mem: '512Mi' });
      expect(status, JSON.stringify(body)).to.equal(200);
      // It prints the messages, and waits for a build where it is told of one.
      expect((body as { messages: unknown }).messages).to.be.an('array');
      expect(body).not.to.have.any.keys('buildId', 'error');
    }
    const { body } = await get(`versions/algorithms/${name}`);
    // It reads the image beside the algorithm, of the list and of what it makes the current one, and prints nothing else.
    const versions = body as readonly { algorithmImage: string }[];
    expect(versions.map(({ algorithmImage }) => algorithmImage)).to.deep.equal([...images].reverse());
    const applied = await post('versions/algorithms/apply', { name, image: images[0], force: false });
    expect(applied.status).to.equal(201);
    expect(applied.body).to.include({ algorithmImage: images[0] });
    expect((await get(`store/algorithms/${name}`)).body).to.include({ algorithmImage: images[0] });
  });

  it('export and import', async () => {
    const name = named('moved');
    await post('store/pipelines', simple(name));
    const algorithm = { name: 'moved-alg', algorithmImage: 'registry.example/moved:v1' };
    await post('store/algorithms?overwrite=undefined', [algorithm]);
    const read = async (kind: string, which: string): Promise<unknown> =>
      ((await get(`store/${kind}`)).body as readonly { name: string }[]).find((one) => one.name === which);
    const exported = { pipelines: await read('pipelines', name), algorithms: await read('algorithms', algorithm.name) };
    for (const [kind, document] of Object.entries(exported)) {
      // What it prints of each: the message of the error, or the name.
      const again = await post(`store/${kind}?overwrite=undefined`, [document]);
      expect(again.status).to.equal(201);
      expect((again.body as readonly { error: object }[])[0]?.error).to.include({ code: 409 });
      const over = await post(`store/${kind}?overwrite=true`, [document]);
      expect(over.status).to.equal(201);
      expect((over.body as readonly object[])[0]).to.deep.include({ name: (document as { name: string }).name });
      const stored = (await read(kind, (document as { name: string }).name)) as object;
      const own = ({ modified: _, version: __, auditTrail: ___, ...rest }: Record<string, unknown>): object => rest;
      expect(own(stored as Record<string, unknown>)).to.deep.equal(own(document as Record<string, unknown>));
    }
  });
});
