import { expect } from 'chai';
import { after, before } from 'mocha';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { createResultUrls } from '../../src/http/result-urls';
import { startLoneFacade, type TestFacade } from '../support/facade';

const keyOf = (byte: number): KeyObject => createSecretKey(Buffer.alloc(32, byte));
const KEYS = [keyOf(1), keyOf(2)] as const;
const JOB = 'p:é/%2f:1';

describe('addresses of large results', () => {
  const urls = createResultUrls('https://facade.example/base', KEYS);
  const path = (template: string, ref = 'entry-0'): string => {
    const { pathname, search } = new URL(template.replace('{ref}', ref));
    return pathname.replace('/base', '') + search;
  };

  it('lead to the facade as receivers reach it', () => {
    expect(urls.templateFor(JOB)).to.match(
      /^https:\/\/facade\.example\/base\/api\/v1\/exec\/results\/p%3A%C3%A9%2F%252f%3A1\/data\/\{ref\}\?signature=[\w-]{43}$/,
    );
  });

  it('are not signed without a key', () => {
    expect(createResultUrls('http://f', []).templateFor('p:1')).to.equal(
      'http://f/api/v1/exec/results/p%3A1/data/{ref}',
    );
  });

  describe('at a facade that asks for a token', () => {
    let facade: TestFacade | undefined;
    before(async () => {
      facade = await startLoneFacade({ apiToken: 'open-sesame', resultUrls: urls });
    });
    after(() => facade?.close());

    const signed = path(urls.templateFor(JOB));
    const other = path(createResultUrls('http://f', [keyOf(3)]).templateFor(JOB));
    // Nobody is behind this facade: who is let in hears that Temporal does not answer.
    for (const [what, method, asked, status] of [
      ['the signature', 'GET', signed, 503],
      ['that of a key that was replaced', 'GET', path(createResultUrls('http://f', [KEYS[1]]).templateFor(JOB)), 503],
      ['one for other data of the job', 'GET', path(urls.templateFor(JOB), 'node-3'), 503],
      ['one for another job', 'GET', signed.replace('%3A1/', '%3A2/'), 401],
      ["one of another facade's", 'GET', other, 401],
      ['a part of it', 'GET', signed.slice(0, -1), 401],
      ['none', 'GET', signed.replace(/\?.*/, ''), 401],
      ['two', 'GET', `${signed}&signature=x`, 401],
      ['it on another route', 'GET', signed.replace(/\/data\/entry-0/, ''), 401],
      ['it by another method', 'POST', signed, 401],
      ['a path that is no UTF-8', 'GET', '/api/v1/exec/results/%ff/data/entry-0?signature=x', 401],
    ] as const) {
      it(`answers ${String(status)} to ${what}`, async () => {
        expect((await facade?.ask(method, asked))?.status).to.equal(status);
      });
    }
  });
});
