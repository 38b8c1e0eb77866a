import { expect } from 'chai';
import fc from 'fast-check';
import { findData, MAX_RESULT_BYTES, toInlineBody, toWebhookText, travelBytes } from '../../src/domain/big-results';
import type { ResultBody, ResultEntry } from '../../src/domain/events';
import { batchId } from '../../src/domain/events';
import type { Json } from '../../src/domain/json';

const URL_OF = 'http://facade.example/api/v1/exec/results/p%3A1/data/{ref}?signature=s';
const refOf = (url: string): string => /\/data\/(.*)\?signature=s$/.exec(url)?.[1] ?? '';

const body = (data: readonly ResultEntry[]): ResultBody => ({
  jobId: 'p:1',
  timestamp: '2026-01-01T00:00:00.000Z',
  pipeline: 'p',
  status: 'completed',
  data,
});
const entry = (nodeName: string, result: Json): ResultEntry => ({ nodeName, algorithmName: 'alg', result });
const batch = (nodeName: string, results: readonly Json[]): ResultEntry[] =>
  results.map((result, index) => ({ nodeName, batchID: batchId(nodeName, index), algorithmName: 'alg', result }));
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('results that are too large for a webhook', () => {
  it('stay where they fit, to the byte', () => {
    const whole = body([entry('a', 'x'.repeat(1_000)), entry('b', 2)]);
    expect(toInlineBody(whole, bytesOf(whole), URL_OF)).to.equal(whole);
    expect(toInlineBody(whole, bytesOf(whole) - 1, URL_OF)).not.to.deep.equal(whole);
  });

  it('give way to an address, the largest first, and no more than needed', () => {
    const whole = body([entry('a', 'x'.repeat(2_000)), entry('b', 'ä'.repeat(2_000)), entry('c', 3)]);
    const sent = toInlineBody(whole, 3_000, URL_OF);
    expect(sent.data).to.deep.equal([
      whole.data?.[0],
      {
        nodeName: 'b',
        algorithmName: 'alg',
        info: { isBigData: true, size: 4_002, url: URL_OF.replace('{ref}', 'entry-1') },
      },
      whole.data?.[2],
    ]);
    expect(Object.keys(sent)).to.deep.equal(Object.keys(whole));
  });

  it('stay where an address would be longer', () => {
    const whole = body([entry('a', 'x'.repeat(5_000)), entry('b', 'short')]);
    expect(toInlineBody(whole, 10, URL_OF).data?.[1]).to.deep.equal(whole.data?.[1]);
  });

  it('are one address for a node whose entries alone are too many', () => {
    const whole = body([
      entry('a', 1),
      ...batch(
        'b',
        Array.from({ length: 500 }, (_, index) => index),
      ),
      entry('c', 3),
    ]);
    const sent = toInlineBody(whole, 2_000, URL_OF);
    expect(sent.data?.map(({ nodeName, info }) => [nodeName, info && refOf(info.url)])).to.deep.equal([
      ['a', undefined],
      ['b', 'node-1'],
      ['c', undefined],
    ]);
    expect(sent.data?.[1]).not.to.have.any.keys('batchID', 'result');
    expect(findData(whole, 'node-1')).to.deep.equal(whole.data?.slice(1, 501));
  });

  it('keep what a tolerated failure says', () => {
    const failed: ResultEntry = { nodeName: 'b', batchID: 'b#1', algorithmName: 'alg', error: 'e'.repeat(2_000) };
    expect(toInlineBody(body([failed, entry('c', 'x'.repeat(9_000))]), 3_000, URL_OF).data?.[0]).to.equal(failed);
  });

  it('are found by their references, and nothing else is', () => {
    const whole = body([entry('a', null), entry('b', [1])]);
    expect(findData(whole, 'entry-0')).to.equal(null);
    expect(findData(whole, 'entry-1')).to.deep.equal([1]);
    for (const ref of [
      'entry-2',
      'node-2',
      'entry--1',
      'entry-01',
      'entry-',
      'a',
      '__proto__',
      'entry-1 ',
      'node-1e0',
    ]) {
      expect(findData(whole, ref), ref).to.equal(undefined);
    }
    expect(findData({ ...whole, data: [{ nodeName: 'a', algorithmName: 'alg', error: 'e' }] }, 'entry-0')).to.equal(
      undefined,
    );
  });

  it('leave a body within its limit where that can be had, and can all be read again in their order', () => {
    const node = fc.record({ results: fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1, maxLength: 40 }) });
    fc.assert(
      fc.property(
        fc.array(node, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 4_000 }),
        (nodes, limit) => {
          const data = nodes.flatMap(({ results }, index) => batch(`n${String(index)}`, results as Json[]));
          const whole = body(data);
          const sent = toInlineBody(whole, limit, URL_OF);
          const folded = sent.data?.filter(({ batchID }) => batchID === undefined).length;
          if (bytesOf(sent) > limit) {
            // Then nothing more could give way: each node is as short as it gets.
            for (let index = 0; index < nodes.length; index++) {
              const own = sent.data?.filter(({ nodeName }) => nodeName === `n${String(index)}`);
              const asOne = [{ nodeName: `n${String(index)}`, algorithmName: 'alg', info: info(data, index) }];
              expect(bytesOf(own)).to.be.at.most(bytesOf(asOne));
            }
          } else if (bytesOf(whole) <= limit) expect(folded).to.equal(0);
          const read = sent.data?.flatMap((one) => {
            if (one.info === undefined) return [one];
            const found = findData(whole, refOf(one.info.url));
            expect(bytesOf(found)).to.equal(one.info.size);
            const { info: _, ...rest } = one;
            return one.batchID === undefined ? (found as ResultEntry[]) : [{ ...rest, result: found as Json }];
          });
          expect(read).to.deep.equal(data);
        },
      ),
    );

    function info(data: readonly ResultEntry[], index: number) {
      const size = bytesOf(data.filter(({ nodeName }) => nodeName === `n${String(index)}`));
      return { isBigData: true, size, url: URL_OF.replace('{ref}', `node-${String(index)}`) };
    }
  });
});

describe('the text of the result webhook', () => {
  const whole = body([entry('a', 'x'.repeat(5_000))]);

  it('has all results where nobody can be asked for them', () => {
    expect(toWebhookText(whole, { inlineLimit: 10 })).to.equal(JSON.stringify(whole));
  });

  it('keeps to its limit elsewhere', () => {
    expect(JSON.parse(toWebhookText(whole, { inlineLimit: 1_000, dataUrl: URL_OF }))).to.have.nested.property(
      'data[0].info.isBigData',
      true,
    );
  });

  it('fits into an argument whatever the limit says', () => {
    const quoted = body(
      batch(
        'a',
        Array.from({ length: 20 }, () => '"'.repeat(40_000)),
      ),
    );
    const text = toWebhookText(quoted, { inlineLimit: 10_000_000, dataUrl: URL_OF });
    expect(travelBytes(text)).to.be.at.most(MAX_RESULT_BYTES);
  });
});
