import { expect } from 'chai';
import fc from 'fast-check';
import { expand, type Expansion } from '../../src/domain/batch';
import { inputAt, type BlockForm } from '../../src/domain/block';
import { describeRuns, fromRuns, toRuns, type IndexRuns } from '../../src/domain/index-runs';
import { planNodes } from '../../src/domain/graph';
import type { NodeOutput } from '../../src/domain/input/resolve';
import type { Json } from '../../src/domain/json';

const flowInput: Json = { list: ['x', 'y'], deep: { a: [10, { b: null }] } };
const MANY = [{ v: 1, l: [1, 2] }, undefined, { v: null, l: [3] }, {}];
const OUTPUTS: Record<string, NodeOutput> = {
  one: { kind: 'single', value: { list: [1, 2, 3], name: 'one' } },
  /** A batch whose second item failed. */
  many: { kind: 'batch', items: { length: MANY.length, at: (index) => MANY[index] } },
};

function expandInput(input: Json[], batchOperation: 'indexed' | 'cartesian' = 'indexed'): Expansion {
  const others = Object.keys(OUTPUTS).map((nodeName) => ({ nodeName, algorithmName: 'a' }));
  const node = { nodeName: 'node', algorithmName: 'a', input, batchOperation };
  const plan = planNodes({ name: 'p', nodes: [...others, node] }).at(-1);
  if (plan === undefined) throw new Error('nothing was planned');
  return expand(plan, {
    flowInput: { kind: 'single', value: flowInput },
    output: (name) => OUTPUTS[name] ?? { kind: 'single', value: null },
    items: () => ({ length: 0, at: () => undefined }),
  });
}

/** The inputs of all tasks, as the algorithm gets them after the wire. */
function inputs(expansion: Expansion): Json[] {
  const indexes = Array.from({ length: expansion.width }, (_, index) => index);
  const form = JSON.parse(JSON.stringify(expansion.bind(indexes))) as BlockForm;
  return indexes.map((_, position) => inputAt(form, position));
}

describe('expand', () => {
  const tables: Record<'indexed' | 'cartesian', [Json[], Json[]][]> = {
    indexed: [
      [['@flowInput.deep.a.1.b', '@flowInput.deep.a.7', '@flowInput.list.length'], [[null, null, null]]],
      [
        [{ x: '#[1,2]', same: '@one.name' }, 'end'],
        [
          [{ x: 1, same: 'one' }, 'end'],
          [{ x: 2, same: 'one' }, 'end'],
        ],
      ],
    ],
    cartesian: [
      [
        ['#[1,2]', 'same', '#[a,b,c]'],
        [
          [1, 'same', 'a'],
          [1, 'same', 'b'],
          [1, 'same', 'c'],
          [2, 'same', 'a'],
          [2, 'same', 'b'],
          [2, 'same', 'c'],
        ],
      ],
      [
        [{ a: '#[0...1]', b: ['#[0...1]'] }, '#@many.v'],
        [0, 1].flatMap((a) => [0, 1].flatMap((b) => [1, null, null].map((c) => [{ a, b: [b] }, c]))),
      ],
    ],
  };
  for (const operation of ['indexed', 'cartesian'] as const) {
    for (const [input, expected] of tables[operation]) {
      it(`${operation}, ${JSON.stringify(input)}: ${String(expected.length)} tasks`, () => {
        const expansion = expandInput(input, operation);
        expect(expansion.width).to.equal(expected.length);
        expect(inputs(expansion)).to.deep.equal(expected);
      });
    }
  }

  it('takes a key __proto__ for one like any other', () => {
    const [input] = inputs(expandInput([JSON.parse('{"__proto__":"#[1]"}') as Json]));
    expect(JSON.stringify(input)).to.equal('[{"__proto__":1}]');
  });

  it('binds only the tasks that are asked for', () => {
    const form = expandInput(['#[a,b,c,d]']).bind([1, 3]);
    expect([0, 1].map((position) => inputAt(form, position))).to.deep.equal([['b'], ['d']]);
  });

  it('writes a range of ten million as its first', () => {
    const expansion = expandInput(['#[1...10000000]']);
    expect(expansion.width).to.equal(10_000_000);
    expect(expansion.bind([9_999_997, 9_999_998, 9_999_999])).to.deep.equal({
      kind: 'array',
      items: [{ kind: 'sequence', first: 9_999_998 }],
    });
  });

  const elements: [string, number[], BlockForm][] = [
    ['#[5,6,7]', [0, 1, 2], { kind: 'sequence', first: 5 }],
    ['#[5,6,8]', [0, 1, 2], { kind: 'each', values: [5, 6, 8] }],
    ['#[5,6,7]', [0, 2], { kind: 'each', values: [5, 7] }],
    ['#[5]', [0], { kind: 'each', values: [5] }],
    ['#[0.5,1.5]', [0, 1], { kind: 'each', values: [0.5, 1.5] }],
    ['#["1","2"]', [0, 1], { kind: 'each', values: ['1', '2'] }],
    ['@one.list', [0], { kind: 'value', value: [1, 2, 3] }],
  ];
  for (const [input, indexes, expected] of elements) {
    it(`sends ${input} of tasks ${indexes.join()} as ${JSON.stringify(expected)}`, () => {
      expect(expandInput([input]).bind(indexes)).to.deep.equal({ kind: 'array', items: [expected] });
    });
  }
});

describe('index runs', () => {
  const runs: [number[], IndexRuns, string][] = [
    [[], [], ''],
    [[1], [[1, 1]], '#1'],
    [[1, 2, 3], [[1, 3]], '#1…#3'],
    [
      [1, 2, 3, 7],
      [
        [1, 3],
        [7, 1],
      ],
      '#1…#3, #7',
    ],
    [[1, 3, 5, 7, 9], [1, 3, 5, 7, 9].map((index) => [index, 1]), '#1, #3, #5, #7, #9'],
    [[1, 3, 5, 7, 9, 11], [1, 3, 5, 7, 9, 11].map((index) => [index, 1]), '#1, #3, #5, #7, #9, …'],
  ];
  for (const [indexes, expected, text] of runs) {
    it(`of ${JSON.stringify(indexes)} read «${text}»`, () => {
      expect(toRuns(indexes)).to.deep.equal(expected);
      expect(fromRuns(expected)).to.deep.equal(indexes);
      expect(describeRuns(expected)).to.equal(text);
    });
  }

  it('lead back to the indexes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 })), (some) => {
        const indexes = some.sort((one, other) => one - other);
        expect(fromRuns(toRuns(indexes))).to.deep.equal(indexes);
      }),
    );
  });
});
