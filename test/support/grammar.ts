/**
 * The input grammar (contract §2), row by row: each form over each kind of node that it may refer to, and what the
 * algorithm must get. The values are worked out from the contract by hand. The pure code runs every row, a real Temporal
 * some of each group.
 */
import type { Json } from '../../src/domain/json';
import { FIRST, FLOW_INPUT, json, node, ODD_KEYS, ONE, THIRD, type Expected, type Row } from './grammar-scene';

type Kind = 'the flow input' | 'a single node' | 'a batch' | 'a failed item' | 'an empty batch' | 'a wait-any node';
export type Group =
  | 'a literal'
  | '#[…]'
  | `${'@' | '#@' | '*@'} over ${Kind}`
  | 'several, indexed'
  | 'cartesian'
  | 'at depth'
  | 'the graph';

const ON_RUN = { onRun: true } as const;
const ODD = { ...ON_RUN, flowInput: ODD_KEYS };
const SKIPPED = null;
const task = (...input: Json[]): Expected => ({ task: input });
const tasks = (...inputs: (readonly Json[] | null)[]): Expected => ({ tasks: inputs });
/** Tasks that are shorter as text. */
const listed = (text: string) => tasks(...(JSON.parse(`[${text}]`) as Json[][]));
const wrap = (value: Json, levels: number): Json => (levels === 0 ? value : [wrap(value, levels - 1)]);
const refused = (message: string, ...details: string[]): Expected => ({
  refusal: { code: 'InvalidPipeline', message, ...(details.length > 0 && { details }) },
});
const unclosed = (shown: string) => refused(`input "${shown}" is not a batch: it has no closing bracket`);
const unsafe = (range: string) => refused(`range "${range}" is not between safe integers`);
const tooWide = (width: string) => refused(`node "last" has a batch of ${width} items, at most 10000000 are taken`);
const notAllowed = (input: string, why: string) => refused(`input "${input}" is not allowed: ${why}`);
const COMBINED = '*@ and # can not be combined';
const NO_BATCH = '*@ needs a batch node';
const single = (name: string) => refused(`node "last" uses *@${name} but node "${name}" is not a batch`);
const indexedOnly = refused('node "last" uses *@tens, which goes with batchOperation "indexed" only');
const unknown = refused('node "last" is depend on node "gone" which is not exists');
const nameless = (input: string) => refused(`input "${input}" names no node`);
const cycle = (...nodes: string[]) => refused('cyclic nodes are not allowed on batch pipeline', ...nodes);
const LOOP = [node('a', '@b'), node('b', '@c'), node('c', '@b')];
const reserved = (name: string) => refused(`pipeline "grammar" has invalid reserved name "${name}"`);

/** The rows of `cartesian` are run with that batch operation. */
export const GRAMMAR: Readonly<Record<Group, readonly Row[]>> = {
  'a literal': [
    ['no input', [], task()],
    ['numbers, booleans and null', [0, -1.5, true, false, null], task(0, -1.5, true, false, null)],
    ['texts', ['text', '', ' '], task('text', '', ' ')],
    ['empty arrays and objects', [[], {}, [[]], { a: {} }], task([], {}, [[]], { a: {} }), ON_RUN],
    ['# at the front', ['#tag', '#', '# [1]', '##@one'], task('#tag', '#', '# [1]', '##@one')],
    ['* at the front', ['*x', '*', '* @tens', '**@tens'], task('*x', '*', '* @tens', '**@tens')],
    ['@ elsewhere', ['a@b', ' @one', '^@one', '[@one]'], task('a@b', ' @one', '^@one', '[@one]'), ON_RUN],
    ['odd keys', [ODD_KEYS], task(ODD_KEYS), ON_RUN],
    ['keys that look like forms', [{ '@one': 1, '#[1]': 2 }], task({ '@one': 1, '#[1]': 2 })],
  ],

  '@ over the flow input': [
    ['the whole', ['@flowInput'], task(FLOW_INPUT), ON_RUN],
    ['the whole, which is null', ['@flowInput'], task(null), { flowInput: null }],
    ['a path', ['@flowInput.deep.a'], task([10, { b: null }])],
    ['a path with an index', ['@flowInput.deep.a.1'], task({ b: null }), ON_RUN],
    ['a path with a key of digits', ['@flowInput.object.0'], task('a')],
    ['a value that is null', ['@flowInput.nothing', '@flowInput.deep.a.1.b'], task(null, null), ON_RUN],
    ['odd keys of its own', ['@flowInput.__proto__.own', '@flowInput.constructor'], task(1, 'own'), ODD],
    ['a node whose name begins so', ['@flowInputs'], task('other')],
    ['a missing value', ['@flowInput.gone.x'], refused('unable to find flowInput.gone.x'), ON_RUN],
    ['a value beyond null', ['@flowInput.nothing.x'], refused('unable to find flowInput.nothing.x')],
    ['an index past the end', ['@flowInput.list.2'], refused('unable to find flowInput.list.2')],
    ['a length', ['@flowInput.list.length'], refused('unable to find flowInput.list.length')],
    ['an inherited key', ['@flowInput.toString'], refused('unable to find flowInput.toString')],
    ['a part of null', ['@flowInput.x'], refused('unable to find flowInput.x'), { flowInput: null }],
  ],
  '@ over a single node': [
    ['the whole', ['@one'], task(ONE)],
    ['a path with an index', ['@one.deep.0.b', '@pair.1'], task(8, 'q'), ON_RUN],
    ['a value that is null, and none', ['@one.nothing', '@one.gone.x'], task(null, null)],
    ['a part of a text or a list', ['@one.name.0', '@one.list.length', '@one.list.3'], task(null, null, null)],
    ['inherited keys', ['@one.constructor', '@one.__proto__'], task(null, null)],
    ['the same twice', ['@one.name', '@one.name'], task('one', 'one')],
    ['a node with an odd name', ['@__proto__'], task('odd')],
  ],
  '@ over a batch': [
    ['the array of its outputs', ['@tens'], task([10, 20, 30]), ON_RUN],
    ['a path in each item, not in the array', ['@tens.0'], task([null, null, null])],
    ['a product', ['@grid'], task([1, 1, 2, 2])],
  ],
  '@ over a failed item': [
    ['null in its place', ['@many'], task([FIRST, null, THIRD, {}]), ON_RUN],
    ['a path', ['@many.v'], task([1, null, null, null])],
    ['a path with an index', ['@many.l.0'], task([1, null, 3, null]), ON_RUN],
    ['a path into nothing', ['@many.0'], task([null, null, null, null])],
  ],
  '@ over an empty batch': [
    ['an empty array', ['@none'], task([]), ON_RUN],
    ['a path', ['@none.v'], task([])],
  ],
  '@ over a wait-any node': [
    ['null for what was skipped', ['@any'], task([FIRST, null, THIRD, {}]), ON_RUN],
    ['a path', ['@any.v'], task([1, null, null, null])],
  ],

  '#[…]': [
    ['numbers', ['#[1,2.5,-3,1e3]'], tasks([1], [2.5], [-3], [1000])],
    ['true, false and null', ['#[true,false,null]'], tasks([true], [false], [null])],
    ['texts', ['#[a,b c,"d"]'], tasks(['a'], ['b c'], ['d'])],
    ['texts that look like numbers', ['#["1",01,1.2.3]'], tasks(['1'], ['01'], ['1.2.3'])],
    ['quoted commas', ['#["a,b","c\\",d",e]'], tasks(['a,b'], ['c",d'], ['e']), ON_RUN],
    ['nested arrays', ['#[[1,2],[],[[3]]]'], tasks([[1, 2]], [[]], [[[3]]])],
    ['nested objects', ['#[{"a":[1,2],"b":"x,y"},{}]'], tasks([{ a: [1, 2], b: 'x,y' }], [{}]), ON_RUN],
    ['odd keys', ['#[{"__proto__":1}]'], tasks([json('{"__proto__":1}')])],
    ['white space', ['#[ 1 ,\n "b" , [2, 3] ]'], tasks([1], ['b'], [[2, 3]])],
    ['no references', ['#[@one,#tag,*@tens]'], tasks(['@one'], ['#tag'], ['*@tens'])],
    ['empty parts', ['#[a,,b]'], tasks(['a'], [''], ['b'])],
    ['a range', ['#[1...3]'], tasks([1], [2], [3]), ON_RUN],
    ['a range below zero', ['#[-2...1]'], tasks([-2], [-1], [0], [1])],
    ['a range of one', ['#[3...3]'], tasks([3])],
    ['ranges among values', ['#[1...3,7,a,[2],5...6]'], tasks([1], [2], [3], [7], ['a'], [[2]], [5], [6]), ON_RUN],
    ['no ranges', ['#["1...2",a...b,1....3]'], tasks(['1...2'], ['a...b'], ['1....3'])],
    ['no element', ['#[]'], tasks(), ON_RUN],
    ['no element but blanks', ['#[ ]'], tasks()],
    ['what is not closed', ['#[1,2'], unclosed('#[1,2'), ON_RUN],
    ['what is opened only', ['#['], unclosed('#[')],
    ['what is long, shortened', [`#[${'1,'.repeat(100)}`], unclosed(`#[${'1,'.repeat(49)}…`)],
    ['a reversed range', ['#[3...1]'], refused('range "3...1" is empty: it must not end before its start'), ON_RUN],
    ['an unsafe integer', ['#[1...9007199254740992]'], unsafe('1...9007199254740992')],
    ['a range too wide', ['#[1...10000001]'], tooWide('10000001'), ON_RUN],
    ['ranges too wide together', ['#[1...5000000,0,1...5000000]'], tooWide('10000001')],
  ],

  '#@ over the flow input': [
    ['an array', ['#@flowInput.list'], tasks(['x'], ['y']), ON_RUN],
    ['an array of arrays, which stay whole', ['#@flowInput.rows'], tasks([[1, 2]], [[3]])],
    ['a path with an index', ['#@flowInput.rows.0'], tasks([1], [2])],
    ['an empty array', ['#@flowInput.empty'], tasks()],
    ['a text', ['#@flowInput.text'], tasks()],
    ['an object, even one with digits for keys', ['#@flowInput.object'], tasks(), ON_RUN],
    ['null', ['#@flowInput.nothing'], tasks()],
    ['a missing value', ['#@flowInput.gone'], refused('unable to find flowInput.gone')],
  ],
  '#@ over a single node': [
    ['an array', ['#@pair'], tasks(['p'], ['q']), ON_RUN],
    ['a path', ['#@one.list'], tasks([1], [2], [3])],
    ['a path with an index', ['#@one.rows.0'], tasks([1], [2])],
    ['an object', ['#@one'], tasks()],
    ['a text', ['#@one.name'], tasks()],
    ['an empty array', ['#@one.empty'], tasks()],
    ['nothing', ['#@one.gone'], tasks()],
  ],
  '#@ over a batch': [
    ['one task per item', ['#@tens'], tasks([10], [20], [30])],
    ['a path', ['#@lists.0'], tasks([1], [3])],
    ['a path into nothing', ['#@tens.x'], tasks([null], [null], [null])],
    ['an array that an item answered, which stays whole', ['#@lists'], tasks([[1, 2]], [[3]]), ON_RUN],
  ],
  '#@ over a failed item': [
    ['the successful items only', ['#@many'], tasks([FIRST], [THIRD], [{}]), ON_RUN],
    ['a path', ['#@many.v'], tasks([1], [null], [null])],
    ['a path to arrays, which stay whole', ['#@many.l'], tasks([[1, 2]], [[3]], [null])],
    ['a path with an index', ['#@many.l.0'], tasks([1], [3], [null])],
  ],
  '#@ over an empty batch': [
    ['no task', ['#@none'], tasks(), ON_RUN],
    ['a path', ['#@none.v'], tasks()],
  ],
  '#@ over a wait-any node': [
    ['the successful items only', ['#@any'], tasks([FIRST], [THIRD], [{}]), ON_RUN],
    ['a path', ['#@any.v'], tasks([1], [null], [null])],
  ],

  '*@ over the flow input': [
    ['an array in it', ['*@flowInput.list'], notAllowed('*@flowInput.list', NO_BATCH), ON_RUN],
    ['the whole', ['*@flowInput'], notAllowed('*@flowInput', NO_BATCH)],
  ],
  '*@ over a single node': [
    ['one that answers an array', ['*@pair'], single('pair'), ON_RUN],
    ['a path to one', ['*@one.list'], single('one')],
    ['one that reads a batch', ['*@all'], single('all')],
  ],
  '*@ over a batch': [
    ['per item, same index', ['*@tens'], tasks([10], [20], [30]), ON_RUN],
    ['a path into nothing', ['*@tens.x'], tasks([null], [null], [null])],
    ['a product', ['*@grid'], tasks([1], [1], [2], [2])],
    ['*@ with #', ['*#@tens'], notAllowed('*#@tens', COMBINED), ON_RUN],
  ],
  '*@ over a failed item': [
    ['the task of its index skipped', ['*@many'], tasks([FIRST], SKIPPED, [THIRD], [{}]), ON_RUN],
    ['a path', ['*@many.v'], tasks([1], SKIPPED, [null], [null])],
    ['a path with an index', ['*@many.l.0'], tasks([1], SKIPPED, [3], [null])],
    ['two paths', ['*@many.v', '*@many.l'], tasks([1, [1, 2]], SKIPPED, [null, [3]], [null, null])],
  ],
  '*@ over an empty batch': [
    ['no task', ['*@none'], tasks(), ON_RUN],
    ['a path', ['*@none.v'], tasks()],
  ],
  '*@ over a wait-any node': [
    ['what was skipped is skipped again', ['*@any'], tasks([FIRST], SKIPPED, [THIRD], [{}]), ON_RUN],
    ['a path', ['*@any.v'], tasks([1], SKIPPED, [null], [null])],
    ['a chain of three', ['*@again.l'], tasks([[1, 2]], SKIPPED, [[3]], [null]), ON_RUN],
  ],

  'several, indexed': [
    ['#[…] and #[…]', ['#[1,2]', '#[a,b,c]'], tasks([1, 'a'], [2, 'b'], [null, 'c']), ON_RUN],
    ['an empty one', ['#@flowInput.empty', '#[1,2]'], tasks([null, 1], [null, 2])],
    ['empty ones alone', ['#[]', '#@one', '*@none'], tasks()],
    ['a batch and values', ['#[1,2]', '@one.name', 'fix'], tasks([1, 'one', 'fix'], [2, 'one', 'fix'])],
    ['#@ and #@', ['#@many.v', '#@pair'], tasks([1, 'p'], [null, 'q'], [null, null])],
    ['#@ and #[…]', ['#@flowInput.list', '#[1]', '#@tens'], listed('["x", 1, 10], ["y", null, 20], [null, null, 30]')],
    ['*@ and *@ of other widths', ['*@tens', '*@two'], tasks([10, 'a'], [20, 'b'], [30, null]), ON_RUN],
    ['*@ and *@, an item failed', ['*@tens', '*@many.v'], listed('[10, 1], null, [30, null], [null, null]'), ON_RUN],
    ['*@ and *@ of an empty batch', ['*@none', '*@two'], tasks([null, 'a'], [null, 'b'])],
    ['*@ and @', ['*@two', '@one.name', '@pair.0'], tasks(['a', 'one', 'p'], ['b', 'one', 'p']), ON_RUN],
    ['*@ and @ of the same', ['*@tens', '@tens'], listed('[10, [10,20,30]], [20, [10,20,30]], [30, [10,20,30]]')],
    ['*@ and a shorter #[…]', ['*@tens', '#[a,b]'], tasks([10, 'a'], [20, 'b'], [30, null]), ON_RUN],
    ['*@ and a longer #[…]', ['*@two', '#[1...3]'], tasks(['a', 1], ['b', 2], [null, 3])],
    ['*@ and #@ of the same', ['*@many.l', '#@many.l'], listed('[[1,2], [1,2]], null, [[3], null], [null, null]')],
  ],
  cartesian: [
    ['the last varies fastest', ['#[1,2]', '#[a,b]'], tasks([1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']), ON_RUN],
    ['three', ['#[1,2]', '#[a]', '#[x,y]'], listed('[1,"a","x"], [1,"a","y"], [2,"a","x"], [2,"a","y"]'), ON_RUN],
    ['a value between', ['#@pair', '@one.v', '#[a,b]'], listed('["p",7,"a"], ["p",7,"b"], ["q",7,"a"], ["q",7,"b"]')],
    ['an empty one', ['#[1,2]', '#@flowInput.empty'], tasks(), ON_RUN],
    ['an empty batch', ['#@none', '#[1,2]'], tasks()],
    [
      'a path, without the failed item',
      ['#@many.l.0', '#@two'],
      listed('[1,"a"], [1,"b"], [3,"a"], [3,"b"], [null,"a"], [null,"b"]'),
    ],
    [
      'a wait-any node and the flow input',
      ['#@any.v', '#@flowInput.list'],
      listed('[1,"x"], [1,"y"], [null,"x"], [null,"y"], [null,"x"], [null,"y"]'),
    ],
    [
      'two in one object, as they are written',
      [{ b: '#[1,2]', a: '#[3,4]' }],
      listed('[{"b":1,"a":3}], [{"b":1,"a":4}], [{"b":2,"a":3}], [{"b":2,"a":4}]'),
    ],
    ['one alone', ['#[1,2]'], tasks([1], [2])],
    ['none', ['text', '@one.name', '@tens'], task('text', 'one', [10, 20, 30])],
    ['what is too wide', ['#[1...10000]', '#[1...1001]'], tooWide('10010000')],
    ['*@', ['*@tens'], indexedOnly],
    ['*@ and another', ['#[1,2]', '*@tens'], indexedOnly, ON_RUN],
  ],
  'at depth': [
    [
      'arrays in objects',
      [{ a: [{ b: ['@one.name', '#[1,2]'] }] }],
      listed('[{"a":[{"b":["one",1]}]}], [{"a":[{"b":["one",2]}]}]'),
      ON_RUN,
    ],
    ['a hundred levels down', [wrap('#[1,2]', 100)], tasks([wrap(1, 100)], [wrap(2, 100)])],
    ['two in one object', [{ x: '#[1,2]', y: ['#[a]'] }], tasks([{ x: 1, y: ['a'] }], [{ x: 2, y: [null] }])],
    ['*@', [{ x: ['*@two'] }, 'fix'], tasks([{ x: ['a'] }, 'fix'], [{ x: ['b'] }, 'fix'])],
    ['@', [{ x: ['@tens', []] }, {}], task({ x: [[10, 20, 30], []] }, {})],
    [
      'keys of any object',
      [{ constructor: '@one.name', toString: 1 }],
      task({ constructor: 'one', toString: 1 }),
      ON_RUN,
    ],
    [
      'odd keys',
      [json('{"__proto__":"#[1]","constructor":"@one.name"}')],
      listed('[{"__proto__":1,"constructor":"one"}]'),
      ON_RUN,
    ],
    ['*@ with #', [{ x: [{ y: '*#@tens' }] }], notAllowed('*#@tens', COMBINED)],
  ],
  'the graph': [
    ['an unknown node', ['@gone.x'], unknown, ON_RUN],
    ['an unknown node as a batch', ['#@gone'], unknown],
    ['an unknown node, item by item', ['*@gone'], unknown],
    ['@ without a name', ['@'], nameless('@'), ON_RUN],
    ['#@ without a name', ['#@'], nameless('#@')],
    ['*@ without a name', ['*@'], nameless('*@')],
    ['a path without a name', ['@.a'], nameless('@.a')],
    ['a node that reads itself', ['@last'], cycle('last', 'last'), ON_RUN],
    ['a batch that reads itself', ['*@last', '#[1]'], cycle('last', 'last')],
    ['a cycle of two', ['@b'], cycle('b', 'last', 'b'), { nodes: [node('b', '@last.x')] }],
    [
      'a cycle of three',
      ['*@c'],
      cycle('b', 'c', 'last', 'b'),
      { ...ON_RUN, nodes: [node('b', '#@last'), node('c', '*@b')] },
    ],
    ['a cycle that others read', ['@a'], cycle('b', 'c', 'b'), { nodes: LOOP }],
    ['a duplicate name', [], refused('found duplicate node "b"'), { ...ON_RUN, nodes: [node('b'), node('b')] }],
    ['the name flowInput', [], reserved('flowInput'), { ...ON_RUN, nodes: [node('flowInput')] }],
    ['the name dataSource', [], reserved('dataSource'), { nodes: [node('dataSource')] }],
  ],
};
