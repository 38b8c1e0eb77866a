import { expect } from 'chai';
import type { Json } from '../../src/domain/json';
import { parsePipeline } from '../../src/domain/validate';

const green = { nodeName: 'green', algorithmName: 'green-alg' };
const pipeline = (rest: object = {}) => ({ name: 'p', nodes: [green], ...rest });
const withNode = (rest: object) => pipeline({ nodes: [{ ...green, ...rest }] });
const withNodes = (...inputs: [nodeName: string, ...input: Json[]][]) =>
  pipeline({ nodes: inputs.map(([nodeName, ...input]) => ({ nodeName, algorithmName: 'a', input })) });

function table(what: string, rows: [unknown, string][]): void {
  describe(what, () => {
    for (const [document, message] of rows) {
      it(message, () => {
        expect(() => parsePipeline(document))
          .to.throw(message)
          .that.includes({ code: 'InvalidPipeline', message });
      });
    }
  });
}

describe('parsePipeline refuses by name', () => {
  table('what is not done here', [
    [
      pipeline({ streaming: { flows: { a: 'A >> B' } } }),
      'data.streaming is not supported: only pipelines of kind "batch" are run, which have no streams',
    ],
    [
      withNode({ stateType: 'stateful' }),
      'data.nodes[0].stateType is not supported: only pipelines of kind "batch" are run, which have no streams',
    ],
    [
      pipeline({ options: { debugOverride: ['green'] } }),
      'data.options.debugOverride is not supported: no node is run as a debug node',
    ],
    [
      withNodes(['a', '@dataSource.b/c.txt']),
      'input "@dataSource.b/c.txt" is not supported: there are no data sources',
    ],
    ...['stream', 'gateway', 'debug', 'dataSource', 'hyperparamsTuner'].map((kind): [unknown, string] => [
      withNode({ kind }),
      `data.nodes[0].kind "${kind}" is not supported, only "algorithm", "pipeline" and "output" are`,
    ]),
  ]);

  const output = { nodeName: 'o', kind: 'output', input: ['@green'] };
  const stands = (rest: object = {}) => ({ nodeName: 's', kind: 'pipeline', spec: { name: 'stored' }, ...rest });
  table('nodes of other kinds', [
    [pipeline({ nodes: [green, output, { ...output, nodeName: 'p' }] }), 'pipeline can not have more than one output'],
    [
      pipeline({ nodes: [green, output, { ...green, nodeName: 'x', input: ['@o'] }] }),
      'node "o" should not have child nodes',
    ],
    [pipeline({ nodes: [green, { ...output, input: [1] }] }), 'node "o" should have parent nodes'],
    [pipeline({ nodes: [stands({ spec: {} })] }), 'node s must have spec with name'],
    [
      pipeline({ nodes: [stands({ input: ['#[1,2]'] })] }),
      'node "s" of kind "pipeline" can not be a batch: # and *@ are not allowed in its input',
    ],
    [
      pipeline({ nodes: [stands()] }),
      'node "s" runs a stored pipeline, which the facade does alone: it has the definitions',
    ],
  ]);

  table('edges that lead nowhere', [
    [pipeline({ edges: [{ source: 'x', target: 'green' }] }), 'node "green" is depend on node "x" which is not exists'],
    [pipeline({ edges: [{ source: 'green', target: 'x' }] }), 'node "x" of an edge is not exists'],
    [
      { ...withNodes(['a'], ['b', '@a']), edges: [{ source: 'b', target: 'a' }] },
      'cyclic nodes are not allowed on batch pipeline',
    ],
  ]);
});
