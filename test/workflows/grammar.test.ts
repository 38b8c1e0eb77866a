import { expect } from 'chai';
import type { Json } from '../../src/domain/json';
import type { PipelineNode } from '../../src/domain/pipeline';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';

/** Each form of the input on a real run, as the input that the algorithm of the last node got. */
const ROWS: readonly [what: string, input: Json[], expected: Json, batchOperation?: 'cartesian'][] = [
  ['a literal', [1, 'text', [], {}, null], [[1, 'text', [], {}, null]]],
  ['the flow input', ['@flowInput.a.b'], [['deep']]],
  ['a node', ['@one.x.0'], [['first']]],
  ['a batch, where a failed item is null', ['@many'], [[[1, null, 3]]]],
  ['a raw batch', ['#[1,"a,b",[2],4...5]'], [[1], ['a,b'], [[2]], [4], [5]]],
  ['a batch over the flow input', [{ each: '#@flowInput.list' }], [[{ each: 'x' }], [{ each: 'y' }]]],
  ['a batch over a node', ['#@one.x'], [['first'], ['second']]],
  ['a batch over the successful items of a batch', ['#@many'], [[1], [3]]],
  [
    'any item of a batch',
    ['*@many', '@one.x.1'],
    [
      [1, 'second'],
      [3, 'second'],
    ],
  ],
  [
    'two batches, zipped',
    ['#[1,2]', '#[a]'],
    [
      [1, 'a'],
      [2, null],
    ],
  ],
  [
    'two batches, multiplied',
    ['#[1,2]', '#[a,b]'],
    [
      [1, 'a'],
      [1, 'b'],
      [2, 'a'],
      [2, 'b'],
    ],
    'cartesian',
  ],
  ['an empty batch', ['#[]'], []],
];

describe('the input grammar on a real run', () => {
  let worker: TestWorker;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    worker = await startWorker(await sharedTemporal(), {
      algorithms: {
        'echo-alg': ({ input }) => input,
        'one-alg': () => ({ x: ['first', 'second'] }),
        'many-alg': ({ input: [item] }) => {
          if (item === 2) throw new Error('two');
          return item;
        },
      },
    });
  });

  after(() => worker.stop());

  for (const [what, input, expected, batchOperation] of ROWS) {
    it(what, async () => {
      const last: PipelineNode = {
        nodeName: 'last',
        algorithmName: 'echo-alg',
        input,
        includeInResults: true,
        ...(batchOperation !== undefined && { batchOperation }),
      };
      const handle = await worker.client.start({
        name: 'grammar',
        nodes: [
          { nodeName: 'one', algorithmName: 'one-alg' },
          { nodeName: 'many', algorithmName: 'many-alg', input: ['#[1,2,3]'] },
          last,
        ],
        flowInput: { a: { b: 'deep' }, list: ['x', 'y'] },
      });
      const { data = [] } = await handle.result();
      const got = data.filter(({ nodeName }) => nodeName === 'last').map(({ result }) => result);
      expect(got).to.deep.equal(expected);
    });
  }
});
