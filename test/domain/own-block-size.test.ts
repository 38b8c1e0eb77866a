import { expect } from 'chai';
import type { AlgorithmHome } from '../../src/domain/algorithm-definition';
import { fromRuns } from '../../src/domain/index-runs';
import type { RunBlock } from '../../src/domain/hand-out';
import { parseSettings } from '../../src/domain/settings';
import { Engine } from '../support/engine';

// Algorithms that say how many items ride in one block (contract §10).

const worker = (blockSize: number): AlgorithmHome => ({ kind: 'worker', taskQueue: 'team', blockSize });

function started(home: AlgorithmHome, input: string, node: object = {}, short: readonly string[] = []): Engine {
  const nodes = [{ nodeName: 'green', algorithmName: 'alg', input: [input], ...node }];
  return new Engine({ name: 'p', nodes }, { version: 2, homes: { alg: home } }, false, short).start();
}

const widthOf = ({ input }: RunBlock): number => fromRuns(input.items ?? []).length;
const widths = ({ running }: Engine): number[] => running.map(widthOf);
const filled = (block: RunBlock) => Array.from({ length: widthOf(block) }, () => ({ result: 1 }));

describe('blocks of a size that their algorithm names', () => {
  const http: AlgorithmHome = { kind: 'http', url: 'http://x.example', timeoutMs: 5, blockSize: 3 };
  for (const [what, home, input, expected] of [
    ['of a few items', worker(3), '#[1...8]', [3, 3, 2]],
    ['of one', worker(1), '#[1...4]', [1, 1, 1, 1]],
    ['of more than there are', worker(10_000), '#[1...16]', [16]],
    ['of a wide batch', worker(4_000), '#[1...9000]', [4_000, 4_000, 1_000]],
    ['of an endpoint', http, '#[1...8]', [3, 3, 2]],
  ] as const) {
    it(`hold as many items from the first on: ${what}`, () => {
      const engine = started(home, input);
      expect(widths(engine)).to.deep.equal(expected);
      for (const { input: given } of engine.running) expect(given).not.to.have.any.keys('shared', 'budgetMs');
    });
  }

  it('hold as many whatever their items take', () => {
    const engine = started(worker(3), '#[1...900]');
    for (const durationMs of [1, 60_000, 5]) {
      const [block] = engine.running;
      if (block === undefined) throw new Error('nothing runs');
      engine.endAfter(durationMs, block, ...filled(block));
    }
    expect(new Set(widths(engine))).to.deep.equal(new Set([3]));
  });

  it('hold fewer where their arguments are large', () => {
    const list = Array.from({ length: 6 }, () => `"${'x'.repeat(600_000)}"`).join(',');
    const engine = started(worker(6), `#[${list}]`);
    expect(widths(engine)).to.deep.equal([3, 3]);
    engine.run(() => ({ result: 1 }));
    expect(engine.record().results.data).to.have.lengthOf(6);
  });

  it('leave what runs again alone, and take what was given back together', () => {
    const engine = started(worker(4), '#[1...4]', { retry: { policy: 'Always', limit: 2 } });
    engine.end('green#1…#4', { error: 'boom' }, { result: 1 });
    expect(engine.summaries()).to.deep.equal(['green#1', 'green#3…#4']);
  });

  for (const policy of ['Never', 'OnError'] as const) {
    it(`hold one item under ${policy}, whatever the algorithm says`, () => {
      expect(widths(started(worker(4), '#[1...4]', { retry: { policy, limit: 1 } }))).to.deep.equal([1, 1, 1, 1]);
    });
  }

  it('hold as many of those that wait for single items of another node', () => {
    const nodes = [
      { nodeName: 'green', algorithmName: 'other', input: ['#[1...4]'] },
      { nodeName: 'yellow', algorithmName: 'alg', input: ['*@green'] },
    ];
    const engine = new Engine({ name: 'p', nodes }, { version: 2, homes: { alg: worker(3) } }).start();
    engine.end('green#1…#4', ...Array.from({ length: 4 }, () => ({ result: 1 })));
    expect(engine.summaries()).to.deep.equal(['yellow#1…#3', 'yellow#4']);
  });

  it('are none of what the workflow runs itself, nor of an activity of others', () => {
    expect(widths(started(worker(2), '#[1...5]', {}, ['alg']))).to.deep.equal([5]);
    const home: AlgorithmHome = { kind: 'activity', taskQueue: 'q', type: 't' };
    expect(() => parseSettings({ homes: { alg: { ...home, blockSize: 2 } } })).to.throw(/additional properties/);
    expect(widths(started(home, '#[1,2]'))).to.deep.equal([1, 1]);
  });

  for (const [size, rule] of [
    [0, '>= 1'],
    [10_001, '<= 10000'],
    [1.5, 'integer'],
  ] as const) {
    it(`are not of ${String(size)} items`, () => {
      const words = `settings.homes.alg.blockSize should be ${rule}`;
      expect(() => parseSettings({ homes: { alg: worker(size) } })).to.throw(words);
      expect(() => parseSettings({ homes: { alg: { ...http, blockSize: size } } })).to.throw(words);
    });
  }
});
