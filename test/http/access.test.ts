import { expect } from 'chai';
import { after, before } from 'mocha';
import { once } from 'node:events';
import { connect } from 'node:net';
import { request } from 'undici';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';
import { until } from '../support/until';

const PATH = '/api/v1/store/pipelines';
const TOKEN = 'open-sesame';

/** A facade for the tests of one `describe`. */
function useLone(options: Parameters<typeof startLoneFacade>[0]): () => TestFacade {
  let started: TestFacade | undefined;
  before(async () => {
    started = await startLoneFacade(options);
  });
  after(() => started?.close());
  return () => {
    if (started === undefined) throw new Error('the facade is there only while tests run');
    return started;
  };
}

describe('access to the facade', () => {
  describe('with a token', () => {
    const facade = useLone({ apiToken: TOKEN });

    for (const [what, authorization, status] of [
      ['the token', `Bearer ${TOKEN}`, 200],
      ['the scheme in any case', `bearer ${TOKEN}`, 200],
      ['nothing', '', 401],
      ['another token', 'Bearer open-sesamE', 401],
      ['a part of it', 'Bearer open', 401],
      ['another scheme', `Basic ${TOKEN}`, 401],
    ] as const) {
      it(`answers ${String(status)} to ${what}`, async () => {
        const answer = await fetch(facade().url + PATH, { headers: authorization === '' ? {} : { authorization } });
        expect(answer.status).to.equal(status);
        expect(answer.headers.get('www-authenticate')).to.equal(
          status === 401 ? 'Bearer realm="temporal-pipelines"' : null,
        );
        if (status === 401) expect(await answer.json()).to.deep.equal(refusal(401, 'Unauthorized').body);
      });
    }

    it('asks for it on all but health', async () => {
      const paths = ['/healthz', '/readyz', '/swagger-api', '/swagger-ui/', '/api/v1/exec/status/none', '/nothing'];
      const codes = await Promise.all(paths.map(async (path) => (await fetch(facade().url + path)).status));
      expect(codes).to.deep.equal([200, 503, 401, 401, 401, 401]);
    });
  });

  describe('with a rate', () => {
    const facade = useLone({ rateLimit: { requests: 3, seconds: 3_600 } });

    it('refuses who asks more often, and says for how long; health is not counted', async () => {
      for (let asked = 0; asked < 5; asked++) expect((await facade().get('/healthz')).status).to.equal(200);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => fetch(facade().url + PATH)));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 429, 429]);
      const refused = answers.find(({ status }) => status === 429);
      expect(await refused?.json()).to.deep.equal(refusal(429, 'Too Many Requests').body);
      expect(Number(refused?.headers.get('retry-after'))).to.be.within(3_500, 3_600);
    });
  });

  describe('with origins', () => {
    const facade = useLone({ corsOrigins: ['https://pages.example'], apiToken: TOKEN });

    it('lets their pages ask, and answers a preflight without the token', async () => {
      const preflight = await fetch(facade().url + PATH, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://pages.example',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(preflight.status).to.equal(204);
      expect(preflight.headers.get('access-control-allow-origin')).to.equal('https://pages.example');
      expect(preflight.headers.get('access-control-allow-methods')).to.include('PUT');
      expect(preflight.headers.get('access-control-allow-headers')).to.equal('authorization,content-type');
      const refused = await fetch(facade().url + PATH, { headers: { origin: 'https://pages.example' } });
      expect(refused.headers.get('access-control-allow-origin')).to.equal('https://pages.example');
    });

    it('lets no other', async () => {
      const other = await fetch(facade().url + PATH, { headers: { origin: 'https://evil.example' } });
      expect(other.headers.get('access-control-allow-origin')).to.equal(null);
    });
  });

  describe('as it is by default', () => {
    const facade = useLone({});

    it('lets no page of another origin read', async () => {
      const answer = await fetch(facade().url + PATH, { headers: { origin: 'https://pages.example' } });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('access-control-allow-origin')).to.equal(null);
    });

    it('has the headers that keep a page safe', async () => {
      const { headers } = await fetch(facade().url + PATH);
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('content-security-policy')).to.include("script-src 'self'");
      expect(headers.get('content-security-policy')).to.not.include('upgrade-insecure-requests');
      expect(headers.get('x-powered-by')).to.equal(null);
    });

    it('tells a client that has it already, and compresses what is large', async () => {
      const path = `${facade().url}/swagger-api`;
      const first = await fetch(path);
      expect(first.headers.get('content-encoding')).to.match(/^(gzip|br|zstd)$/);
      expect(await first.json()).to.have.property('openapi', '3.1.0');
      const tag = first.headers.get('etag') ?? '';
      // Not by fetch, which asks for no cached answer where it is given a tag.
      expect((await request(path, { headers: { 'if-none-match': tag } })).statusCode).to.equal(304);
      const before = (await fetch(facade().url + PATH)).headers.get('etag');
      await facade().store.pipelines.insert({ name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'green-alg' }] });
      expect((await fetch(facade().url + PATH)).headers.get('etag')).to.not.equal(before);
    });

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      it(`refuses a body of ${type}`, async () => {
        expect(await facade().post(PATH, '{"name":"p"}', { 'content-type': type })).to.deep.equal(
          refusal(415, 'the content type should be application/json'),
        );
      });
    }

    it('takes JSON by its other names, and no body for an empty object', async () => {
      const type = { 'content-type': 'application/vnd.api+json; charset=utf-8' };
      const missing = refusal(400, "data should have required property 'name'");
      expect(await facade().post(PATH, {}, type)).to.deep.equal(missing);
      expect(await facade().ask('POST', PATH)).to.deep.equal(missing);
    });

    it('refuses other methods, and names those that there are', async () => {
      const answer = await fetch(facade().url + PATH, {
        method: 'PATCH',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).to.equal(405);
      expect(answer.headers.get('allow')?.split(', ').sort()).to.deep.equal(['GET', 'HEAD', 'POST', 'PUT']);
    });

    it('shows its document on a page that asks nobody else', async () => {
      const page = await fetch(`${facade().url}/swagger-ui`);
      expect(page.url).to.equal(`${facade().url}/swagger-ui/`);
      const text = await page.text();
      const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => part);
      expect(parts).to.have.length(4);
      for (const part of parts) {
        const answer = await fetch(new URL(part, page.url));
        expect(answer.status, part).to.equal(200);
        expect(answer.headers.get('content-type'), part).to.match(/css|javascript|png/);
        await answer.arrayBuffer();
      }
    });
  });

  describe('that closes', () => {
    it('answers what it has in hand, takes nothing new, and then ends', async () => {
      let answer: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (answer = resolve));
      let asked = false;
      const facade = await startLoneFacade({
        async readiness() {
          asked = true;
          await held;
          return { temporal: true, worker: true };
        },
      });
      const { port } = new URL(facade.url);
      const idle = connect(Number(port), '127.0.0.1');
      await once(idle, 'connect');
      const inHand = fetch(`${facade.url}/readyz`);
      await until('it is in hand', () => asked);
      const closing = facade.close();
      const refused = connect(Number(port), '127.0.0.1');
      const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ECONNREFUSED');
      answer();
      const { status, headers } = await inHand;
      expect(status).to.equal(200);
      expect(headers.get('connection')).to.equal('close');
      await closing;
      idle.destroy();
    });
  });
});
