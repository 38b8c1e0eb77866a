import { expect } from 'chai';
import type { InputForm, Path } from '../../src/domain/input/ast';
import { parseInput } from '../../src/domain/input/parse';
import { getPath, type Json } from '../../src/domain/json';

const literal = (value: Json): InputForm => ({ kind: 'literal', value });
const flowInput = (...path: string[]): { kind: 'flowInput'; path: Path } => ({ kind: 'flowInput', path });
const node = (nodeName: string, ...path: string[]): { kind: 'node'; nodeName: string; path: Path } => ({
  kind: 'node',
  nodeName,
  path,
});
const values = (...items: Json[]): InputForm => ({ kind: 'rawBatch', segments: [{ kind: 'values', values: items }] });

/** Where a document comes from JSON, `__proto__` is a key like any other. */
const json = (text: string): Json => JSON.parse(text) as Json;

describe('parseInput', () => {
  const forms: [Json, InputForm][] = [
    ['@flowInput', { kind: 'reference', source: flowInput() }],
    ['@flowInput.a.b', { kind: 'reference', source: flowInput('a', 'b') }],
    ['@green', { kind: 'reference', source: node('green') }],
    ['@green.a.0.b', { kind: 'reference', source: node('green', 'a', '0', 'b') }],
    ['@flowInputs', { kind: 'reference', source: node('flowInputs') }],
    ['#@flowInput.x', { kind: 'batchReference', source: flowInput('x') }],
    ['#@green', { kind: 'batchReference', source: node('green') }],
    ['#@green.x', { kind: 'batchReference', source: node('green', 'x') }],
    ['*@green.x', { kind: 'waitAny', source: node('green', 'x') }],
  ];
  for (const [written, form] of forms) {
    it(`reads ${JSON.stringify(written)}`, () => {
      expect(parseInput(written)).to.deep.equal(form);
    });
  }

  const literals: Json[] = [
    null,
    true,
    0,
    -1.5,
    '',
    'text',
    '#tag',
    '#',
    '*x',
    '*',
    'a@b',
    '^@x',
    ' @green',
    '[1,2]',
    [],
    {},
    [[], {}],
    { a: { b: [] } },
    ['a', { b: '#c' }],
  ];
  for (const value of literals) {
    it(`leaves ${JSON.stringify(value)} as it is`, () => {
      expect(parseInput(value)).to.deep.equal(literal(value));
    });
  }

  it('finds forms at any depth, and keeps what stands around them', () => {
    expect(parseInput([{ a: ['@x', 1], b: '#[1]' }, 'end'])).to.deep.equal({
      kind: 'array',
      items: [
        {
          kind: 'object',
          entries: [
            ['a', { kind: 'array', items: [{ kind: 'reference', source: node('x') }, literal(1)] }],
            ['b', values(1)],
          ],
        },
        literal('end'),
      ],
    });
  });

  it('takes __proto__ and constructor for keys like any other', () => {
    expect(parseInput(json('{"__proto__":"@x","constructor":1}'))).to.deep.equal({
      kind: 'object',
      entries: [
        ['__proto__', { kind: 'reference', source: node('x') }],
        ['constructor', literal(1)],
      ],
    });
  });
});

describe('a raw batch', () => {
  const batches: [string, InputForm][] = [
    ['#[1,2,3]', values(1, 2, 3)],
    ['#[ 1 , 2 ] ', values(1, 2)],
    ['#[-1,2.5,1e3]', values(-1, 2.5, 1000)],
    ['#[1E400,-1e999]', values('1E400', '-1e999')],
    ['#[true,false,null]', values(true, false, null)],
    ['#[a,b c]', values('a', 'b c')],
    ['#["a","1"]', values('a', '1')],
    ['#["a,b","c\\",d"]', values('a,b', 'c",d')],
    ['#["[","]"]', values('[', ']')],
    ['#[\n\t"a,b",\n[1, 2]\n]', values('a,b', [1, 2])],
    ['#[[1]"a,b"]', values('[1]"a', 'b"')],
    ['#[[1,2],[],[[3]]]', values([1, 2], [], [[3]])],
    ['#[{"a":[1,2],"b":"x,y"},{}]', values({ a: [1, 2], b: 'x,y' }, {})],
    ['#[@green,#tag]', values('@green', '#tag')],
    ['#[01,0x1]', values('01', '0x1')],
    ['#[a,,b]', values('a', '', 'b')],
    ['#[5" pipe,6" pipe]', values('5" pipe', '6" pipe')],
    ['#[a[1,b{2]', values('a[1', 'b{2')],
    ['#[]', { kind: 'rawBatch', segments: [] }],
    ['#[  ]', { kind: 'rawBatch', segments: [] }],
    ['#[1...1000000]', { kind: 'rawBatch', segments: [{ kind: 'range', first: 1, last: 1_000_000 }] }],
    ['#[-2...2]', { kind: 'rawBatch', segments: [{ kind: 'range', first: -2, last: 2 }] }],
    ['#[3...3]', { kind: 'rawBatch', segments: [{ kind: 'range', first: 3, last: 3 }] }],
    ['#["1...3",1....3,a...b]', values('1...3', '1....3', 'a...b')],
    [
      '#[1...3,7,a,5...6]',
      {
        kind: 'rawBatch',
        segments: [
          { kind: 'range', first: 1, last: 3 },
          { kind: 'values', values: [7, 'a'] },
          { kind: 'range', first: 5, last: 6 },
        ],
      },
    ],
  ];
  for (const [written, form] of batches) {
    it(`reads ${written}`, () => {
      expect(parseInput(written)).to.deep.equal(form);
    });
  }

  it('keeps __proto__ in an element an ordinary property', () => {
    expect(parseInput('#[{"__proto__":1}]')).to.deep.equal(values(json('{"__proto__":1}')));
  });
});

describe('getPath', () => {
  const value = json('{"a":[{"b":null},2],"__proto__":{"c":3},"text":"abc"}');
  const paths: [string, Json | undefined][] = [
    ['a.0.b', null],
    ['a.1', 2],
    ['a.2', undefined],
    ['a.-1', undefined],
    ['a.01', undefined],
    ['a.length', undefined],
    ['a.map', undefined],
    ['text.0', undefined],
    ['text.length', undefined],
    ['__proto__.c', 3],
    ['a.__proto__', undefined],
    ['constructor', undefined],
    ['constructor.prototype', undefined],
    ['toString', undefined],
    ['missing.a.b', undefined],
  ];
  for (const [path, found] of paths) {
    it(`${path}: ${found === undefined ? 'nothing' : JSON.stringify(found)}`, () => {
      expect(getPath(value, path.split('.'))).to.deep.equal(found);
    });
  }

  it('answers the value itself for an empty path', () => {
    expect(getPath(value, [])).to.equal(value);
  });
});
