import { expect } from 'chai';
import fc from 'fast-check';
import type { ItemOutcome } from '../../src/domain/block';
import { foldResult } from '../../src/domain/folded-result';
import type { OutcomeRun } from '../../src/domain/outcome-runs';
import { entriesOf, type ResultDraft, type ResultPart } from '../../src/domain/result-parts';

const head = { jobId: 'p:1', timestamp: '2018-01-16T14:47:04.142Z', pipeline: 'p', status: 'completed' as const };
const draft = (parts: readonly ResultPart[], more: Partial<ResultDraft> = {}): ResultDraft => {
  return { head, parts, inlineLimit: 1_048_576, isSent: false, ...more };
};
const partOf = (nodeName: string, ...runs: OutcomeRun[]): ResultPart => {
  return { nodeName, algorithmName: 'alg', isBatch: true, runs };
};

let blobs = 0;
/** As a worker stores them: a line each. */
function store(first: number, outcomes: readonly ItemOutcome[]): OutcomeRun {
  const lines = outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`);
  const sizes = outcomes.map((outcome) => ('result' in outcome ? JSON.stringify(outcome.result).length : 0));
  const blob = { store: 's', key: String(blobs++), size: Buffer.byteLength(lines.join('')) };
  const whole = { lines: outcomes.length, largest: Math.max(...sizes) };
  return { first, count: outcomes.length, blob, line: 0, whole };
}

const many = (count: number, first = 0): ItemOutcome[] => {
  return Array.from({ length: count }, (_, index) => ({ result: (first + index) * 10 }));
};

describe('a result of too many small entries for any body', () => {
  it('is told by one entry a node, with the size that its entries have', () => {
    const outcome = fc.oneof(
      fc.integer().map((result) => ({ result })),
      fc.constant({ error: 'é"\n' }),
    );
    const numbers = fc.array(outcome, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(0, 5, 95, 990, 99_995), numbers, numbers, (first, before, rest) => {
        // So many more that they are too many.
        const outcomes = [...rest, ...many(4_000)];
        const stored = first + before.length;
        const part = partOf('green', { first, outcomes: before }, store(stored, outcomes));
        const all = entriesOf(partOf('green', { first, outcomes: [...before, ...outcomes] }));
        expect(foldResult(draft([part]))?.results.data).to.deep.equal([
          {
            nodeName: 'green',
            algorithmName: 'alg',
            info: {
              isBigData: true,
              size: Buffer.byteLength(JSON.stringify(all)),
              url: '/api/v1/exec/results/p%3A1/data/node-0',
            },
          },
        ]);
      }),
      { numRuns: 50 },
    );
  });

  it('lists the few of another node, and counts only nodes that have entries', () => {
    const single: ResultPart = { ...partOf('red', { first: 0, outcomes: [{ result: 'x' }] }), isBatch: false };
    const dataUrl = 'https://example.org/{ref}';
    const found = foldResult(draft([partOf('none'), single, partOf('green', store(0, many(20_000)))], { dataUrl }));
    expect(found?.results.data?.[0]).to.deep.equal({ nodeName: 'red', algorithmName: 'alg', result: 'x' });
    expect(found?.results.data?.[1]?.info?.url).to.equal('https://example.org/node-1');
    expect(Object.keys(found?.results ?? {})).to.deep.equal(['jobId', 'timestamp', 'pipeline', 'status', 'data']);
  });

  it('is the same in the webhook', () => {
    const parts = [partOf('green', store(0, many(20_000)))];
    const dataUrl = 'https://example.org/{ref}';
    const found = foldResult(draft(parts, { dataUrl, isSent: true }));
    expect(found?.text).to.equal(JSON.stringify(found?.results));
    expect(foldResult(draft(parts, { dataUrl }))).not.to.have.property('text');
  });

  const whole = store(0, many(20_000));
  const unread: [string, ResultDraft][] = [
    [
      'results that may give way one by one',
      draft([partOf('green', store(0, [...many(20_000), { result: 'x'.repeat(60) }]))]),
    ],
    ['a node that fits', draft([partOf('green', store(0, many(100)))])],
    [
      'one that fits into the webhook',
      draft([partOf('green', store(0, many(5_000)))], { isSent: true, dataUrl: '{ref}' }),
    ],
    ['a webhook that nobody could ask from', draft([partOf('green', whole)], { isSent: true })],
    [
      'a blob of which nobody has looked for the largest',
      draft([partOf('green', { ...whole, whole: undefined } as never)]),
    ],
    ['a blob of which some is not in the result', draft([partOf('green', { ...whole, count: 19_999 })])],
    [
      'a value that is a blob',
      draft([partOf('green', whole, { first: 20_000, outcomes: [{ blob: { store: 's', key: 'k', size: 9 } }] })]),
    ],
  ];
  for (const [what, one] of unread) {
    it(`is not made without reading: ${what}`, () => {
      expect(foldResult(one)).to.equal(undefined);
    });
  }
});
