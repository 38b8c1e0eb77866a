import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { Endpoint } from '../../src/domain/endpoint';
import { PipelineError } from '../../src/domain/errors';
import { checkEndpoint } from '../../src/webhooks/endpoint-rules';
import { cachedEndpoints, matchEndpoint, toSource } from '../../src/webhooks/endpoints';
import { parseAllowList } from '../../src/webhooks/guard';
import { rejection } from '../support/rejection';
import { until } from '../support/until';
import { CERTIFICATE, KEY } from './receivers';

const PUBLIC = parseAllowList(undefined);
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const endpoint = (rest: Partial<Endpoint> = {}): Endpoint => ({ name: 'e', url: 'https://a.example/hooks', ...rest });

describe('the endpoint of a URL', () => {
  const found = (url: string, ...prefixes: string[]) =>
    matchEndpoint(
      url,
      prefixes.map((prefix) => ({ url: prefix })),
    )?.url;

  for (const [prefix, url] of [
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/', 'https://a.example/x/y?z'],
    ['https://a.example', 'https://a.example/x'],
    ['https://a.example/hooks', 'https://a.example/hooks'],
    ['https://a.example/hooks', 'https://a.example/hooks?a=/b#c'],
    ['https://a.example/hooks', 'https://a.example/hooks/'],
    ['https://a.example/hooks', 'https://a.example/hooks/b'],
    ['https://a.example/hooks/', 'https://a.example/hooks'],
    ['https://a.example/hooks', 'HTTPS://A.Example:443/x/../hooks/b'],
    ['http://[::1]:80/', 'http://[0:0:0:0:0:0:0:1]/b'],
    ['http://127.0.0.1:8080/', 'http://2130706433:8080/b'],
  ] as const) {
    it(`${prefix} is for ${url}`, () => {
      expect(found(url, prefix)).to.equal(prefix);
    });
  }

  for (const [prefix, url] of [
    ['https://a.example/hooks', 'https://a.example/hooks2'],
    ['https://a.example/hooks', 'https://a.example/'],
    ['https://a.example/hooks', 'https://a.example/Hooks'],
    ['https://a.example/hooks', 'https://a.example/hooks/../b'],
    ['https://a.example/hooks', 'https://a.example/hooks%2Fb'],
    ['https://a.example/hooks', 'https://a.example/?/hooks/'],
    ['https://a.example/', 'http://a.example/'],
    ['https://a.example/', 'https://a.example:444/'],
    ['https://a.example/', 'https://a.example.evil.example/'],
    ['https://a.example/', 'https://b.a.example/'],
    ['https://a.example/', 'https://evil.example/a.example/'],
    ['https://a.example/', 'no url'],
  ] as const) {
    it(`${prefix} is not for ${url}`, () => {
      expect(found(url, prefix)).to.equal(undefined);
    });
  }

  it('is that of the longest prefix, wherever it stands', () => {
    const prefixes = ['https://a.example/', 'https://a.example/x/y', 'https://a.example/x/', 'https://b.example/x/y/z'];
    expect(found('https://a.example/x/y/z', ...prefixes)).to.equal('https://a.example/x/y');
    expect(found('https://a.example/x/z', ...prefixes)).to.equal('https://a.example/x/');
    expect(found('https://a.example/z', ...prefixes)).to.equal('https://a.example/');
  });
});

describe('the rules of an endpoint', () => {
  it('are kept by what they answer: a URL and names of headers in their normal form', () => {
    const given = endpoint({
      url: 'HTTPS://A.Example:443/x/../hooks',
      secrets: [SECRET, `whsec_${Buffer.alloc(64, 2).toString('base64')}`],
      headers: { Authorization: 'Bearer a b', 'X-Own': '!' },
      rateLimit: 0.5,
      ca: CERTIFICATE + CERTIFICATE,
      clientCertificate: { cert: CERTIFICATE, key: KEY },
    });
    expect(checkEndpoint(given, PUBLIC)).to.deep.equal({
      ...given,
      url: 'https://a.example/hooks',
      headers: { authorization: 'Bearer a b', 'x-own': '!' },
    });
  });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const [what, rest, message] of [
    ['another scheme', { url: 'ftp://a.example/' }, 'data.url: refused url'],
    ['credentials', { url: 'https://me:hunter2@a.example/' }, 'data.url: refused url'],
    ['a blocked address', { url: 'http://127.1/hunter2' }, 'data.url: blocked address'],
    ['a query', { url: 'https://a.example/?hunter2' }, 'data.url should NOT have a query or a fragment'],
    [
      'a short secret',
      { secrets: [SECRET, `whsec_${Buffer.alloc(23).toString('base64')}`] },
      'data.secrets[1] must be',
    ],
    ['a long secret', { secrets: [`whsec_${Buffer.alloc(65).toString('base64')}`] }, 'data.secrets[0] must be'],
    ['no secret', { secrets: ['hunter2'] }, 'data.secrets[0] must be'],
    ['a rate of nothing', { rateLimit: 0 }, 'data.rateLimit should be from'],
    ['a rate beyond measure', { rateLimit: 1e9 }, 'data.rateLimit should be from'],
    ['a CA that is none', { ca: 'hunter2' }, 'data.ca: must be one or more certificates'],
    ['a CA with a key', { ca: CERTIFICATE + KEY }, 'data.ca: must be one or more certificates'],
    ['a CA that is cut', { ca: CERTIFICATE + CERTIFICATE.slice(0, 200) }, 'data.ca: must be one or more certificates'],
    ['a CA that is garbage', { ca: CERTIFICATE.replace('MIIB', 'AAAA') }, 'data.ca: certificate 1 can not be read'],
    [
      'no client key',
      { clientCertificate: { cert: CERTIFICATE, key: 'hunter2' } },
      'data.clientCertificate: key must be a private key',
    ],
    [
      'the key of another certificate',
      { clientCertificate: { cert: CERTIFICATE, key: other } },
      'data.clientCertificate: key is not that of the certificate',
    ],
    ...[
      'host',
      'Content-Type',
      'content-encoding',
      'Webhook-Id',
      'x-pipeline-attempt',
      'connection',
      'user-agent',
      'traceparent',
      'proxy-authorization',
      'transfer-encoding',
    ].map(
      (name) =>
        [
          `the header ${name}`,
          { headers: { [name]: 'hunter2' } },
          `data.headers.${name.toLowerCase()} is not for`,
        ] as const,
    ),
    ['a header twice', { headers: { a: 'hunter2', A: 'hunter2' } }, 'data.headers.a is there twice'],
    ...['', 'a b', 'a:', 'a\r\nb', 'ä'].map(
      (name) =>
        [
          `the header ${JSON.stringify(name)}`,
          { headers: { [name]: 'hunter2' } },
          'data.headers should have only',
        ] as const,
    ),
    ...['', 'hunter2\r\nx: y', 'hunter2\n', ' hunter2', 'hunter2\0', 'hunter2 é', 'x'.repeat(8_193)].map(
      (value) =>
        [
          `the value ${JSON.stringify(value.slice(0, 20))}`,
          { headers: { a: value } },
          'data.headers.a should be 1 to',
        ] as const,
    ),
  ] as const) {
    it(`refuse ${what}, and do not repeat it`, () => {
      expect(() => checkEndpoint(endpoint(rest), PUBLIC))
        .to.throw(PipelineError, message)
        .with.property('code', 'InvalidPipeline');
      expect(() => checkEndpoint(endpoint(rest), PUBLIC)).to.not.throw('hunter2');
    });
  }
});

describe('where endpoints are', () => {
  it('may be a list, which is checked at once', async () => {
    const source = toSource([endpoint({ headers: { A: '1' } })], PUBLIC);
    expect(await source.find('https://a.example/hooks/x'))
      .to.include({ name: 'e' })
      .and.to.deep.include({ headers: { a: '1' } });
    expect(await source.find('https://a.example/')).to.equal(undefined);
    expect(() => toSource([endpoint({ secrets: ['x'] })], PUBLIC)).to.throw(PipelineError, 'data.secrets[0]');
  });

  it('may be elsewhere: one loading serves all who ask, for a while', async () => {
    let loads = 0;
    let stored = [endpoint({ name: 'one' })];
    const source = cachedEndpoints({ load: () => Promise.resolve((loads++, stored)), open: (one) => one, ttlMs: 200 });
    const url = 'https://a.example/hooks';
    const asked = await Promise.all([source.find(url), source.find(url), source.find('https://b.example')]);
    expect(asked.map((one) => one?.name)).to.deep.equal(['one', 'one', undefined]);
    expect(loads).to.equal(1);
    stored = [endpoint({ name: 'two' })];
    expect(await source.find(url)).to.include({ name: 'one' });
    await until('the change is seen', async () => (await source.find(url))?.name === 'two', 2_000);
    expect(loads).to.equal(2);
  });

  it('nobody can tell while that is away, however lately it was seen, and all is well afterwards', async () => {
    let away = false;
    let now = 1;
    const source = cachedEndpoints({
      load: () => (away ? Promise.reject(new Error('away')) : Promise.resolve([endpoint()])),
      open: (one) => one,
      now: () => now,
    });
    expect(await source.find('https://a.example/hooks')).to.include({ name: 'e' });
    away = true;
    now += 5_001;
    expect(await rejection(source.find('https://a.example/hooks'))).to.include({ message: 'away' });
    away = false;
    expect(await source.find('https://a.example/hooks')).to.include({ name: 'e' });
  });

  it('one that can not be opened is in the way of its own URLs only', async () => {
    const source = cachedEndpoints({
      load: () => Promise.resolve([endpoint(), endpoint({ name: 'f', url: 'https://b.example/' })]),
      open(one) {
        if (one.name === 'e') throw new Error('sealed');
        return one;
      },
    });
    expect(await rejection(source.find('https://a.example/hooks'))).to.include({ message: 'sealed' });
    expect(await source.find('https://b.example/')).to.include({ name: 'f' });
  });
});
