import { expect } from 'chai';
import { LATEST_VERSION, type JobSettings } from '../../src/domain/settings';
import { BEFORE_AT_ONCE, Engine, itemsOf } from '../support/engine';

const WIDTH = 4_000;

/** One block of a hundred items that took `msEach` each so far, and nothing beside it. */
function withBlock(msEach: number, retry: object = {}, settings: Partial<JobSettings> = {}): Engine {
  const nodes = [{ nodeName: 'green', algorithmName: 'alg', input: [`#[1...${String(WIDTH)}]`], retry }];
  const given = { version: LATEST_VERSION, window: 1, ...settings };
  const engine = new Engine({ name: 'p', nodes, options: { batchTolerance: 100 } }, given).start();
  while (engine.job.counts.succeed === 0) endNext(engine, msEach);
  return engine;
}

function endNext(engine: Engine, msEach: number): void {
  const [block] = engine.running;
  if (block === undefined) throw new Error('nothing runs');
  const outcomes = itemsOf(block).map(() => ({ result: 1 }));
  engine.endAfter(msEach * outcomes.length, block, ...outcomes);
}

/** The items of the block in flight and which run of theirs it is. */
function inFlight({ running: [block] }: Engine): { readonly items: number[]; readonly attempt: number | undefined } {
  const items = block === undefined ? [] : itemsOf(block);
  return { items: items.map(({ batchIndex = 0 }) => batchIndex), attempt: items[0]?.attempt };
}

function loseNext(engine: Engine): number[] {
  const { items } = inFlight(engine);
  const [block] = engine.running;
  if (block === undefined) throw new Error('nothing runs');
  engine.lose(block, 'the worker was lost');
  return items;
}

describe('items of a block that was lost', () => {
  it('run again a few together where they take no time, before anything new', () => {
    const engine = withBlock(0.1);
    const lost = loseNext(engine);
    expect(lost.length).to.be.above(24);
    const again: number[] = [];
    while (again.length < lost.length) {
      const { items, attempt } = inFlight(engine);
      expect(attempt).to.equal(2);
      expect(items.length).to.equal(Math.min(8, lost.length - again.length));
      again.push(...items);
      endNext(engine, 0.1);
    }
    expect(again).to.deep.equal(lost);
    expect(inFlight(engine).attempt).to.equal(1);
  });

  it('run one at a time where they are lost once more', () => {
    const engine = withBlock(0.1);
    loseNext(engine);
    const [first, ...others] = loseNext(engine);
    while (inFlight(engine).attempt === 2) endNext(engine, 0.1);
    expect(inFlight(engine)).to.deep.equal({ items: [first], attempt: 3 });
    endNext(engine, 0.1);
    expect(inFlight(engine)).to.deep.equal({ items: [others[0]], attempt: 3 });
  });

  it('ride with those alone that have run as often', () => {
    const engine = withBlock(0.1, { policy: 'Always', limit: 5 });
    loseNext(engine);
    const [block] = engine.running;
    if (block === undefined) throw new Error('nothing runs');
    const failed = itemsOf(block);
    engine.end(block, ...failed.map(() => ({ error: 'boom' })));
    while (inFlight(engine).attempt === 2) endNext(engine, 0.1);
    expect(inFlight(engine)).to.deep.equal({ items: failed.map(({ batchIndex }) => batchIndex), attempt: 3 });
  });

  for (const [what, msEach, retry, settings, together] of [
    ['so many as take a fifth of a second', 60, {}, {}, 3],
    ['alone where they take long', 300, {}, {}, 1],
    ['alone under a policy that must know what has begun', 0.1, { policy: 'OnError' }, {}, 1],
    ['alone in jobs that an earlier version has begun', 0.1, {}, { version: BEFORE_AT_ONCE }, 1],
    [
      'no more than their algorithm has in a block',
      0.1,
      {},
      { homes: { alg: { kind: 'worker', taskQueue: 'team', blockSize: 5 } } },
      5,
    ],
  ] as const) {
    it(`run again ${what}`, () => {
      const engine = withBlock(msEach, retry, settings);
      while (inFlight(engine).attempt === 1) {
        if (!('policy' in retry)) loseNext(engine);
        else failNext(engine);
      }
      const { items, attempt } = inFlight(engine);
      expect(attempt).to.equal(2);
      expect(items.length).to.equal(together);
    });
  }

  it('stay among those that run again where they are too large to go together', () => {
    const nodes = [{ nodeName: 'green', algorithmName: 'alg', input: ['#@flowInput.all'] }];
    const flowInput = { all: Array.from({ length: 40 }, () => 'x'.repeat(300_000)) };
    const engine = new Engine({ name: 'p', nodes, flowInput }, { version: LATEST_VERSION, window: 2 }).start();
    while (inFlight(engine).items.length < 6) endNext(engine, 1);
    engine.apply({ type: 'pause' });
    let lost = 0;
    while (engine.running.length > 0) lost += loseNext(engine).length;
    engine.apply({ type: 'resume' });
    expect(engine.job.nodes[0]?.givenBack).to.deep.equal([]);
    let again = 0;
    for (let { items, attempt } = inFlight(engine); attempt === 2; { items, attempt } = inFlight(engine)) {
      expect(items).to.have.lengthOf.within(1, 6);
      again += items.length;
      endNext(engine, 1);
    }
    expect(again).to.equal(lost);
    expect(lost).to.be.above(8);
  });
});

function failNext(engine: Engine): void {
  const [block] = engine.running;
  if (block === undefined) throw new Error('nothing runs');
  engine.end(block, ...itemsOf(block).map(() => ({ error: 'boom' })));
}
