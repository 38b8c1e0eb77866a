import { expect } from 'chai';
import { createSecretKey } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Endpoint, StoredEndpoint } from '../../src/domain/endpoint';
import { PipelineError } from '../../src/domain/errors';
import { openEndpoint, replaceEndpoint, resealAll, sealEndpoint } from '../../src/store/endpoints';
import { createSealer, type Sealer } from '../../src/store/seal';
import { describeStores } from '../support/stores';
import { CERTIFICATE, KEY } from '../webhooks/receivers';

const key = (byte: number) => createSecretKey(Buffer.alloc(32, byte));
const sealer = createSealer([key(1)]);
const SECRETS = [`whsec_${Buffer.alloc(24, 1).toString('base64')}`, `whsec_${Buffer.alloc(24, 2).toString('base64')}`];

const whole: Endpoint = {
  name: 'billing',
  url: 'https://billing.example/hooks',
  secrets: SECRETS,
  headers: { authorization: 'Bearer hunter2', 'x-own': 'é'.repeat(3) },
  rateLimit: 2.5,
  ca: CERTIFICATE,
  clientCertificate: { cert: CERTIFICATE, key: KEY },
};

/** What nobody may find where it is kept. */
const HIDDEN = [
  'hunter2',
  ...SECRETS,
  SECRETS[0]?.slice('whsec_'.length) ?? '',
  'PRIVATE KEY',
  KEY.split('\n')[1] ?? '',
];

function expectHidden(text: string): void {
  for (const hidden of HIDDEN) expect(text).to.not.include(hidden);
}

describe('a sealed endpoint', () => {
  it('opens to what it was, and tells only names and fingerprints before', () => {
    const stored = sealEndpoint(whole, sealer);
    expectHidden(JSON.stringify(stored));
    expect(openEndpoint(stored, sealer)).to.deep.equal(whole);
    const { sealed, kept, ...open } = stored;
    expect(Object.keys(sealed)).to.have.members(['secrets', 'headers', 'clientCertificate']);
    expect(open).to.deep.equal({ name: whole.name, url: whole.url, rateLimit: 2.5, ca: CERTIFICATE });
    expect(kept).to.deep.include({ headers: ['authorization', 'x-own'] });
    expect(kept.secrets).to.have.length(2);
    expect(kept.secrets?.[0])
      .to.match(/^sha256:[0-9a-f]{12}$/)
      .and.to.not.equal(kept.secrets?.[1]);
    expect(kept.clientCertificate?.fingerprint).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(kept.clientCertificate?.validTo).to.equal('2120-01-01T00:00:00.000Z');
  });

  it('is sealed anew each time', () => {
    const [one, other] = [sealEndpoint(whole, sealer), sealEndpoint(whole, sealer)];
    expect(one.sealed.headers).to.not.equal(other.sealed.headers);
  });

  it('needs a key only for what is secret', () => {
    const none = createSealer([]);
    const { name, url } = whole;
    for (const rest of [
      { rateLimit: 1, ca: CERTIFICATE },
      { secrets: [], headers: {} },
    ]) {
      expect(openEndpoint(sealEndpoint({ name, url, ...rest }, none), none)).to.include({ name, url });
    }
    for (const part of ['secrets', 'headers', 'clientCertificate'] as const) {
      expect(() => sealEndpoint({ name, url, [part]: whole[part] }, none))
        .to.throw(PipelineError, `data.${part} can only be stored encrypted: set SECRET_KEY`)
        .with.property('code', 'InvalidPipeline');
    }
  });

  it('opens with any key of the list, is sealed with the first, and not without it', () => {
    const [old, both, next] = [sealer, createSealer([key(2), key(1)]), createSealer([key(2)])];
    expect(openEndpoint(sealEndpoint(whole, old), both)).to.deep.equal(whole);
    expect(openEndpoint(sealEndpoint(whole, both), next)).to.deep.equal(whole);
    expect(() => openEndpoint(sealEndpoint(whole, old), next)).to.throw(
      /^secrets of the endpoint billing can not be decrypted: it was encrypted with a key that SECRET_KEY does not have$/,
    );
  });

  for (const [what, change] of [
    ['another name', (stored) => ({ ...stored, name: 'other' })],
    ['another server', (stored) => ({ ...stored, url: 'https://evil.example/hooks' })],
    ['another scheme', (stored) => ({ ...stored, url: 'http://billing.example/hooks' })],
    ['parts that were exchanged', ({ sealed, ...rest }) => ({ ...rest, sealed: { secrets: sealed.headers ?? '' } })],
    ['a changed byte', ({ sealed, ...rest }) => ({ ...rest, sealed: { headers: flipped(sealed.headers ?? '') } })],
    ['a cut end', ({ sealed, ...rest }) => ({ ...rest, sealed: { headers: sealed.headers?.slice(0, -4) ?? '' } })],
    ['nothing', ({ sealed: _, ...rest }) => ({ ...rest, sealed: { headers: '' } })],
  ] as [string, (stored: StoredEndpoint) => StoredEndpoint][]) {
    it(`does not open for ${what}`, () => {
      const stored = sealEndpoint(whole, sealer);
      expect(() => openEndpoint(change(stored), sealer)).to.throw(
        /^(secrets|headers) of the endpoint \w+ can not be decrypted/,
      );
    });
  }

  it('keeps what a change leaves out, and loses what it empties', () => {
    const stored = sealEndpoint(whole, sealer);
    const changed = (given: Partial<Endpoint>): Endpoint =>
      openEndpoint(replaceEndpoint(stored, seal({ ...given }, sealer)), sealer);
    const { rateLimit: _, ca: __, ...rest } = whole;
    expect(changed({})).to.deep.equal(rest);
    expect(changed({ url: 'https://billing.example/other', rateLimit: 1 })).to.deep.equal({
      ...rest,
      url: 'https://billing.example/other',
      rateLimit: 1,
    });
    expect(changed({ headers: { 'x-own': 'new' } })).to.deep.equal({ ...rest, headers: { 'x-own': 'new' } });
    const { secrets: ___, headers: ____, ...bare } = rest;
    expect(changed({ secrets: [], headers: {} })).to.deep.equal(bare);
    expect(replaceEndpoint(stored, seal({ headers: {} }, sealer)).kept).to.deep.include({ headers: [] });
  });

  it('is not kept for another server, which would be shown it', () => {
    const stored = sealEndpoint(whole, sealer);
    const url = 'https://evil.example/hooks';
    expect(() => replaceEndpoint(stored, seal({ url }, sealer))).to.throw(
      PipelineError,
      'data.url is of another server: give secrets, headers, clientCertificate again',
    );
    const { secrets, headers, clientCertificate } = whole;
    const again = replaceEndpoint(
      stored,
      seal({ url, secrets, headers, clientCertificate } as Partial<Endpoint>, sealer),
    );
    expect(openEndpoint(again, sealer)).to.deep.include({ url, headers });
  });

  function seal(given: Partial<Endpoint>, by: Sealer): StoredEndpoint {
    return sealEndpoint({ name: whole.name, url: whole.url, ...given }, by);
  }
});

function flipped(sealed: string): string {
  const at = sealed.length - 10;
  return sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
}

describeStores('endpoints', ({ database, empty, open }) => {
  it('are kept as they were sealed', async () => {
    const store = await open();
    const stored = sealEndpoint(whole, sealer);
    await store.endpoints.insert(stored);
    const [found] = await store.endpoints.list();
    expect(found?.definition).to.deep.equal(stored);
    expect(openEndpoint(found?.definition ?? stored, sealer)).to.deep.equal(whole);
    expect((await store.endpoints.get('billing'))?.revision).to.equal(1);
    expect(await store.pipelines.get('billing')).to.equal(undefined);
    expect(await store.endpoints.delete('billing')).to.equal(true);
  });

  it('are sealed anew with the first key, and what no key opens stays', async () => {
    const store = await open();
    const both = createSealer([key(2), key(1)]);
    const { name: _, ...rest } = whole;
    await store.endpoints.insert(sealEndpoint({ ...rest, name: 'old' }, sealer));
    await store.endpoints.insert(sealEndpoint({ ...rest, name: 'lost' }, createSealer([key(3)])));
    await store.endpoints.insert({ name: 'plain', url: whole.url, sealed: {}, kept: {} });
    expect(await resealAll(store.endpoints, both)).to.deep.equal(['lost']);
    expect(await resealAll(store.endpoints, both)).to.deep.equal(['lost']);
    const found = await store.endpoints.list();
    expect(found.map(({ definition, revision }) => [definition.name, revision])).to.deep.equal([
      ['lost', 1],
      ['old', 2],
      ['plain', 1],
    ]);
    const [lost, old] = found.map(({ definition }) => definition);
    if (lost === undefined || old === undefined) throw new Error('they are gone');
    expect(openEndpoint(old, createSealer([key(2)]))).to.deep.equal({ ...rest, name: 'old' });
    expect(openEndpoint(lost, createSealer([key(3)]))).to.deep.equal({ ...rest, name: 'lost' });
  });

  if (database === 'SQLite') {
    it('have no secret in any file', async () => {
      const options = await empty();
      const store = await open(options);
      await store.endpoints.insert(sealEndpoint(whole, sealer));
      const files = await readdir(options.dataDir);
      const texts = await Promise.all(files.map((file) => readFile(join(options.dataDir, file), 'latin1')));
      expect(texts.join()).to.include('billing.example');
      expectHidden(texts.join());
    });
  }
});
