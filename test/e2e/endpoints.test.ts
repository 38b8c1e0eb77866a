import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { openEndpoint } from '../../src/store/endpoints';
import { createSealer } from '../../src/store/seal';
import { parseSecretKeys } from '../../src/store/secret-key';
import { verify } from '../../src/webhooks';
import { cachedEndpoints, type EndpointSource } from '../../src/webhooks/endpoints';
import { Delivery } from '../support/deliveries';
import { refusal, SECRET_KEY, startLoneFacade, useFacade, type Answer } from '../support/facade';
import { useReceiver, useWorker } from '../support/suite';
import { SECRET } from '../support/worker';
import { CERTIFICATE, KEY } from '../webhooks/receivers';

const PATH = '/api/v1/store/endpoints';
const OWN = `whsec_${Buffer.from('a secret of one endpoint only').toString('base64')}`;
const TOKEN = 'Bearer hunter2';

describe('endpoints by the facade', () => {
  const sealer = createSealer(parseSecretKeys(SECRET_KEY));
  let away = false;
  // The facade's own store, as a worker reads it.
  const endpoints: EndpointSource = cachedEndpoints({
    load: async () => {
      if (away) throw new Error('away');
      return (await facade.store.endpoints.list()).map(({ definition }) => definition);
    },
    open: (stored) => openEndpoint(stored, sealer),
    ttlMs: 0,
  });
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] }, webhooks: { endpoints } });
  const facade = useFacade(suite, ['echo']);
  const listen = useReceiver();

  const add = (body: unknown, query = ''): Promise<Answer> => facade.post(`${PATH}${query}`, body);
  const put = (body: unknown): Promise<Answer> => facade.ask('PUT', PATH, body);
  const newName = (): string => `e-${randomUUID()}`;

  const start = (result: string) =>
    suite.start(
      { name: 'p', nodes: [{ nodeName: 'one', algorithmName: 'echo', input: [1] }], webhooks: { result } },
      { retryScheduleMs: [0, 100, 100, 100] },
    );

  it('sign and address what goes to their receiver, and tell nobody how', async () => {
    // So that both the job and a delivery make an attempt.
    const to = await listen((_, count) => (count === 1 ? 500 : 200));
    const name = newName();
    const added = await add({ name, url: to.url, secrets: [OWN], headers: { Authorization: TOKEN } });
    expect(added.status, JSON.stringify(added.body)).to.equal(201);
    const job = await start(`${to.url}/result`);
    await to.until(({ results }) => results.length === 1);
    const [got] = to.on('/result');
    expect(got?.headers).to.include({ authorization: TOKEN });
    expect(verify(got?.text ?? '', got?.headers ?? {}, OWN)).to.have.property('status', 'completed');
    expect(() => verify(got?.text ?? '', got?.headers ?? {}, SECRET)).to.throw('no matching signature');
    await suite.settle(job);
    const told = [added, await facade.get(PATH), await facade.get(`${PATH}/${name}`)];
    const histories = [job.jobId, `${job.jobId}/result`].map((id) =>
      suite.client.workflow.getHandle(id).fetchHistory(),
    );
    const stored = await facade.store.endpoints.get(name);
    for (const text of [...told, stored, ...(await Promise.all(histories))].map((part) => JSON.stringify(part))) {
      for (const hidden of ['hunter2', OWN, OWN.slice(6), Buffer.from(TOKEN).toString('base64')]) {
        expect(text).to.not.include(hidden);
      }
    }
  });

  it('send nothing while their settings can not be read, and then as they say', async () => {
    const to = await listen();
    await add({ name: newName(), url: to.url, headers: { authorization: TOKEN } });
    away = true;
    const job = await start(`${to.url}/result`);
    await job.result();
    const delivery = new Delivery(suite.client, job.jobId, 'result');
    await delivery.until('an attempt has failed', ({ attempts }) => attempts.length > 0).finally(() => (away = false));
    await to.until(({ results }) => results.length === 1);
    const { attempts } = await delivery.until('it is delivered', ({ state }) => state === 'delivered');
    expect(attempts[0]).to.deep.include({ attempt: 1, error: 'endpoint' });
    expect(to.arrived.map(({ headers }) => headers.authorization)).to.deep.equal([TOKEN]);
  });

  it('are answered with names and fingerprints, which may be sent back', async () => {
    const name = newName();
    const document = {
      name,
      url: 'https://Billing.example:443/hooks',
      secrets: [OWN],
      headers: { 'X-Own': '1', authorization: TOKEN },
      rateLimit: 5,
      ca: CERTIFICATE,
      clientCertificate: { cert: CERTIFICATE, key: KEY },
    };
    const { status, body } = await add(document);
    expect(status).to.equal(201);
    const { kept, created, modified, ...rest } = body as {
      kept: Record<string, unknown>;
      created: number;
      modified: number;
    };
    expect(rest).to.deep.equal({
      name,
      url: 'https://billing.example/hooks',
      rateLimit: 5,
      ca: CERTIFICATE,
      version: '1',
    });
    expect([created, modified].every((time) => Math.abs(time - Date.now()) < 60_000)).to.equal(true);
    expect(kept).to.deep.include({ headers: ['x-own', 'authorization'] });
    expect(Object.keys(kept)).to.have.members(['secrets', 'headers', 'clientCertificate']);
    expect(await facade.get(`${PATH}/${name}`)).to.deep.equal({ status: 200, body });

    const changed = await put({ ...(body as object), rateLimit: 6 });
    expect(changed.body).to.deep.include({ rateLimit: 6, version: '2', kept });
    const stored = await facade.store.endpoints.get(name);
    if (stored === undefined) throw new Error('it is gone');
    expect(openEndpoint(stored.definition, sealer)).to.deep.include({
      secrets: [OWN],
      headers: { 'x-own': '1', authorization: TOKEN },
    });
    expect(await put({ name, url: 'https://evil.example/' })).to.deep.equal(
      refusal(400, 'data.url is of another server: give secrets, headers, clientCertificate again'),
    );
    // A whole new one keeps nothing.
    expect((await add({ name, url: 'https://evil.example/' }, '?overwrite=true')).body).to.deep.include({ kept: {} });
  });

  it('are listed by name, added in lists, and deleted', async () => {
    const [one, two] = [`a-${newName()}`, `b-${newName()}`];
    const entries = [{ name: two, url: 'https://b.example/' }, { name: one, url: 'https://a.example/' }, { name: 'x' }];
    const { body } = await add(entries);
    expect((body as object[])[2]).to.deep.equal({
      error: { name: 'x', code: 400, message: "data should have required property 'url'" },
    });
    const names = ((await facade.get(PATH)).body as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => [one, two].includes(name))).to.deep.equal([one, two]);
    expect(await add({ name: one, url: 'https://a.example/' })).to.deep.equal(
      refusal(409, `endpoint ${one} already exists`),
    );
    expect(await facade.ask('DELETE', `${PATH}/${one}`)).to.deep.equal({
      status: 200,
      body: { message: `endpoint ${one} successfully deleted from store` },
    });
    for (const method of ['GET', 'DELETE']) {
      expect(await facade.ask(method, `${PATH}/${one}`)).to.deep.equal(refusal(404, `endpoint ${one} Not Found`));
    }
    expect(await put({ name: one, url: 'https://a.example/' })).to.deep.equal(
      refusal(404, `endpoint ${one} Not Found`),
    );
  });

  for (const [what, rest, message] of [
    ['no URL', { url: 'a.example' }, /^data\.url should match format "url"$/],
    ['credentials', { url: 'https://me:hunter2@a.example/' }, /^data\.url should NOT have credentials$/],
    ['a blocked address', { url: 'http://10.0.0.1/' }, /^data\.url: blocked address$/],
    ['an unknown field', { secret: 'hunter2' }, /^data should NOT have additional properties \(secret\)$/],
    ['a bad name', { name: 'a/b' }, /^endpoint name must contain only/],
    ['a bad secret', { secrets: ['hunter2'] }, /^data\.secrets\[0\] must be whsec_/],
    [
      'a header of ours',
      { headers: { 'webhook-id': 'hunter2' } },
      /^data\.headers\.webhook-id is not for endpoints to set$/,
    ],
    ['a broken header', { headers: { a: 'hunter2\r\nb: c' } }, /^data\.headers\.a should be 1 to/],
    [
      'a certificate without a key',
      { clientCertificate: { cert: CERTIFICATE } },
      /^data\.clientCertificate should have required property 'key'$/,
    ],
  ] as const) {
    it(`are refused with ${what}`, async () => {
      const { status, body } = await add({ name: newName(), url: 'https://a.example/', ...rest });
      expect(status).to.equal(400);
      const { error } = body as { error: { message: string } };
      expect(error.message).to.match(message).and.to.not.include('hunter2');
    });
  }

  it('need SECRET_KEY only where they have secrets', async () => {
    const lone = await startLoneFacade({ sealer: createSealer([]) });
    try {
      const endpoint = { name: 'e', url: 'https://a.example/' };
      expect((await lone.post(PATH, { ...endpoint, rateLimit: 1 })).status).to.equal(201);
      expect(await lone.post(PATH, { ...endpoint, name: 'f', secrets: [OWN] })).to.deep.equal(
        refusal(400, 'data.secrets can only be stored encrypted: set SECRET_KEY to the base64 of 32 random bytes'),
      );
    } finally {
      await lone.close();
    }
  });
});
