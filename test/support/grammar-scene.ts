/** What the rows of `grammar.ts` are played on: the nodes that they refer to, and the node under test, `last`. */
import { isJsonObject, type Json } from '../../src/domain/json';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';

export type Expected =
  /** Of a node that is no batch: its input. */
  | { readonly task: readonly Json[] }
  /** The inputs in index order, null where a task is skipped. */
  | { readonly tasks: readonly (readonly Json[] | null)[] }
  | {
      readonly refusal: {
        readonly code: 'InvalidPipeline';
        readonly message: string;
        readonly details?: readonly string[];
      };
    };

export interface RowOptions {
  /** Whether the row is run on a real Temporal too. */
  readonly onRun?: true;
  /** Nodes besides those of the scene. */
  readonly nodes?: readonly PipelineNode[];
  readonly flowInput?: Json;
}

export type Row = readonly [what: string, input: readonly Json[], expected: Expected, options?: RowOptions];

/** In a document that came from JSON `__proto__` is a key like any other. */
export const json = (text: string) => JSON.parse(text) as Json;
export const node = (nodeName: string, ...input: readonly Json[]): PipelineNode => {
  return { nodeName, algorithmName: 'answer-alg', input };
};

export const FLOW_INPUT = {
  list: ['x', 'y'],
  empty: [],
  rows: [[1, 2], [3]],
  text: 'no array',
  object: { 0: 'a' },
  nothing: null,
  deep: { a: [10, { b: null }] },
};
/** Keys that every object inherits, as ones of its own. */
export const ODD_KEYS = json('{"__proto__":{"own":1},"constructor":"own"}');
export const ONE = {
  list: [1, 2, 3],
  name: 'one',
  v: 7,
  nothing: null,
  empty: [],
  rows: [[1, 2], [3]],
  deep: [{ b: 8 }],
};
/** What the items of `many` answer, but for the second, which fails, and the fourth, which answers `{}`. */
export const [FIRST, THIRD] = [
  { v: 1, l: [1, 2] },
  { v: null, l: [3] },
] as const;

/** Each node answers the first of its input. */
const SCENE: readonly PipelineNode[] = [
  node('one', ONE),
  node('pair', ['p', 'q']),
  node('tens', '#[10,20,30]'),
  node('two', '#[a,b]'),
  node('lists', '#[[1,2],[3]]'),
  { ...node('grid', '#[1,2]', '#[a,b]'), batchOperation: 'cartesian' },
  node('many', '#[{"v":1,"l":[1,2]},{"error":"the second fails"},{"v":null,"l":[3]},{}]'),
  node('none', '#[]'),
  node('any', '*@many'),
  node('again', '*@any'),
  node('all', '@tens'),
  node('__proto__', 'odd'),
  node('flowInputs', 'other'),
];

export const GRAMMAR_ALGORITHMS = {
  'answer-alg': ([value = null]: readonly Json[]): Json => {
    if (isJsonObject(value) && typeof value['error'] === 'string') throw new Error(value['error']);
    return value;
  },
  'input-alg': (input: readonly Json[]): Json => input,
};

/** A row as a pipeline, with those nodes of the scene that it needs. */
export function grammarPipeline([, input, , options = {}]: Row, batchOperation?: 'cartesian'): Pipeline {
  const { nodes = [], flowInput = FLOW_INPUT } = options;
  const last = { nodeName: 'last', algorithmName: 'input-alg', input, ...(batchOperation && { batchOperation }) };
  const needed = [...SCENE].reverse().reduce(
    (later, candidate) => {
      return JSON.stringify(later).includes(`@${candidate.nodeName}`) ? [candidate, ...later] : later;
    },
    [...nodes, last],
  );
  return { name: 'grammar', nodes: needed, flowInput };
}
