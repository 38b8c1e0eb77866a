import { expect } from 'chai';
import { checkAlgorithms, findFault, type Algorithms } from '../activities';
import { PipelinesPlugin } from '../src/plugin';

// What a team hands over as its algorithms is checked at the start of its worker (contract §10).

const run = (): number => 1;

describe('the options of an algorithm', () => {
  for (const [algorithm, fault] of [
    [{ run, concurrency: 0 }, 'concurrency should be an integer >= 1'],
    [{ run, concurrency: 1.5 }, 'concurrency should be an integer >= 1'],
    [{ run, concurrency: '2' }, 'concurrency should be an integer >= 1'],
    [{ run, blockSize: 0 }, 'blockSize should be an integer from 1 to 10000'],
    [{ run, blockSize: 10_001 }, 'blockSize should be an integer from 1 to 10000'],
    [{ run, blockSize: '5' }, 'blockSize should be an integer from 1 to 10000'],
    [{ run, thread: 1 }, 'thread should be boolean'],
    [{ run, short: 'yes' }, 'short should be boolean'],
    [{ run, short: null }, 'short should be boolean'],
    [{ run, short: true, thread: true }, 'short should NOT be true where thread is: a thread takes time'],
    [{ short: true }, 'should be a function or { run }'],
    [null, 'should be a function or { run }'],
    [7, 'should be a function or { run }'],
  ] as const) {
    it(`are refused: ${JSON.stringify(algorithm)}`, () => {
      expect(findFault(algorithm)).to.equal(fault);
    });
  }

  for (const algorithm of [
    run,
    { run },
    { run, concurrency: 3, blockSize: 10_000, thread: false, short: true },
    { run, thread: true },
  ]) {
    it(`are taken: ${typeof algorithm === 'function' ? 'a function' : JSON.stringify(algorithm)}`, () => {
      expect(findFault(algorithm)).to.equal(undefined);
    });
  }

  it('are refused at the start of a worker, all at once and by the names of the algorithms', () => {
    const algorithms = { good: run, 'one-alg': { run, short: 1 }, 'two-alg': { run, concurrency: -1 } };
    const words =
      'algorithm "one-alg": short should be boolean; algorithm "two-alg": concurrency should be an integer >= 1';
    expect(() => {
      checkAlgorithms(algorithms as unknown as Algorithms);
    }).to.throw(words);
    expect(() => new PipelinesPlugin({ algorithms: algorithms as unknown as Algorithms })).to.throw(words);
  });
});
