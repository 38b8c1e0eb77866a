import { expect } from 'chai';
import { blockSize, wideBlock } from '../../src/domain/block-size';
import { fromRuns } from '../../src/domain/index-runs';
import { nextWake } from '../../src/domain/schedule';
import { LATEST_VERSION } from '../../src/domain/settings';
import type { RunBlock } from '../../src/domain/hand-out';
import { Engine } from '../support/engine';

describe('blockSize', () => {
  type Case = [handedOut: number, remaining: number, inFlight: number, items: number, ms: number];
  /** Of jobs that are started now; of those that started before blocks tapered; of those without any least work. */
  const sizes: [string, Case, now: number, before?: number, long?: number][] = [
    ['the first wave is single items', [15, 1_000_000, 1, 10, 1], 1],
    ['nothing is measured yet', [16, 1_000_000, 1, 0, 0], 1],
    ['two seconds of work', [16, 1_000_000, 1, 10, 1_000], 20],
    ['at most a thousand', [16, 1_000_000, 1, 10, 0], 1_000],
    ['slow items ride alone', [16, 1_000_000, 1, 1, 60_000], 1],
    ['a quarter of an even share of what is left', [900, 100, 5, 1_000, 100_000], 5],
    ['the same, or some work, where there is little to do', [900, 400, 5, 10, 10], 160, 200, 20],
    ['some work, to the nearest item', [16, 400, 50, 10, 510], 4, 3, 2],
    ['no more than leaves something to half of the others', [100, 60, 40, 10, 500], 3, 4, 1],
    ['single items at the end', [190, 10, 40, 10, 500], 1, 4, 1],
    ['a least even there', [900, 100, 50, 10, 10], 50, 200, 1],
    ['however little, at most a thousand', [900, 100, 5, 10, 0], 250, 1_000, 5],
    ['never none', [999, 1, 50, 10, 9_000], 1],
    ['no block in flight', [16, 4_000, 0, 10, 10], 1_000],
  ];
  for (const [what, [handedOut, remaining, inFlight, items, ms], now, before = now, long = before] of sizes) {
    it(`${what}: ${String(now)}`, () => {
      const sizing = { handedOut, remaining, inFlight, measured: { items, ms } };
      expect(blockSize({ ...sizing, hasLeastWork: true, tapers: true })).to.equal(now);
      expect(blockSize({ ...sizing, hasLeastWork: true, tapers: false }), 'in earlier versions').to.equal(before);
      expect(blockSize({ ...sizing, hasLeastWork: false, tapers: false }), 'long ago').to.equal(long);
    });
  }
});

describe('wideBlock', () => {
  type Sizing = [remaining: number, inFlight: number, items: number, ms: number];
  const blocks: [string, Sizing, size: number, budgetMs: number][] = [
    ['nothing is measured yet', [1_000_000, 1, 0, 0], 1, 400],
    ['two seconds of work, and twice as long where it takes longer', [1_000_000, 1, 10, 1_000], 20, 4_000],
    ['at most ten thousand', [1_000_000, 1, 10, 0], 10_000, 400],
    ['at most 2,500 for each that was measured', [1_000_000, 1, 3, 0], 7_500, 400],
    ['slow items ride alone', [1_000_000, 1, 1, 60_000], 1, 120_000],
    ['a quarter of an even share of what is left', [100, 5, 10, 1_000], 5, 1_000],
    ['the same, or some work, where there is little to do', [1_000, 5, 10, 1], 2_000, 400],
    ['never none', [1, 50, 10, 9_000], 1, 1_800],
    ['no block in flight', [4_000, 0, 10, 10], 1_000, 2_000],
  ];
  for (const [what, [remaining, inFlight, items, ms], size, budgetMs] of blocks) {
    it(`${what}: ${String(size)}, within ${String(budgetMs)} ms`, () => {
      expect(wideBlock({ remaining, inFlight, measured: { items, ms } })).to.deep.equal({ size, budgetMs });
    });
  }
});

describe('a wide batch', () => {
  const wide = (width: number, input: unknown = `#[1...${String(width)}]`) =>
    new Engine({ name: 'batch', nodes: [{ nodeName: 'green', algorithmName: 'alg', input: [input] }] });
  const widthOf = ({ input }: RunBlock) => fromRuns(input.items ?? []).length;
  const one = { result: 0 };
  const lastOf = ({ running }: Engine): RunBlock => {
    const block = running.at(-1);
    if (block === undefined) throw new Error('nothing runs');
    return block;
  };

  it('has a first wave of sixteen single items, and goes on as soon as four of them have ended', () => {
    const engine = wide(100_000).start();
    expect(engine.running.map(widthOf)).to.deep.equal(Array(16).fill(1));
    for (const index of [3, 1, 16]) engine.end(`green#${String(index)}`, one);
    expect(engine.running).to.have.lengthOf(13);
    engine.end('green#2', one);
    expect(engine.running).to.have.length.above(16);
    expect(widthOf(lastOf(engine))).to.be.above(100);
  });

  it('fills its window with single items where the first wave takes its time, once', () => {
    const engine = wide(100_000).start();
    expect(nextWake(engine.job) - engine.now).to.equal(1_000);
    engine.pass(999);
    engine.apply({ type: 'tick' });
    expect(engine.running).to.have.lengthOf(16);
    engine.pass(1);
    engine.apply({ type: 'tick' });
    expect(engine.running.map(widthOf)).to.deep.equal(Array(50).fill(1));
    expect(nextWake(engine.job) - engine.now).to.be.above(1_000);
  });

  it('is woken no more for its first wave once that is over, though it can hand out nothing', () => {
    const engine = wide(600, `#[${Array.from({ length: 600 }, () => `"${'x'.repeat(100_000)}"`).join(',')}]`).start();
    engine.pass(1_000);
    engine.apply({ type: 'tick' });
    expect(nextWake(engine.job)).to.be.above(engine.now + 1_000);
  });

  it('takes back what a block that was thought to be quicker has not begun', () => {
    const engine = wide(100_000).start();
    for (const index of [1, 2, 3, 4]) engine.end(`green#${String(index)}`, one);
    const block = lastOf(engine);
    expect(block.input.budgetMs).to.be.at.least(400);
    const width = widthOf(block);
    const { active, pending } = engine.job.counts;
    engine.apply({ type: 'pause' });
    engine.end(block, one, one);
    expect(engine.job.counts).to.include({ active: active - width, pending: pending + width - 2, succeed: 6 });
  });

  it('runs only those again that may have begun in a block that was lost', () => {
    const engine = wide(100_000).start();
    for (const index of [1, 2, 3, 4]) engine.end(`green#${String(index)}`, one);
    const block = lastOf(engine);
    const width = widthOf(block);
    const { blockId } = block;
    engine.apply({ type: 'pause' });
    const { pending } = engine.job.counts;
    engine.apply({
      type: 'blockLost',
      blockId,
      error: 'gone',
      heartbeat: { outcomes: [one, one, null], begun: 16 },
    });
    expect(engine.job.counts).to.include({ succeed: 6, pending: pending + width - 2 });
    const [node] = engine.job.nodes;
    expect(node?.retries).to.have.lengthOf(14);
    expect(node?.givenBack).to.have.lengthOf(width - 16);
  });

  it('has no larger blocks than a thousand where their arguments are large', () => {
    const list = Array.from({ length: 3_000 }, (_, index) => `"${'x'.repeat(100)}${String(index)}"`).join(',');
    const engine = wide(3_000, `#[${list}]`).start();
    for (let index = 1; index <= 16; index++) engine.end(`green#${String(index)}`, one);
    const widths = engine.running.map(widthOf);
    expect(Math.max(...widths)).to.be.at.most(1_000);
    expect(widths.reduce((sum, width) => sum + width, 0)).to.be.above(1_000);
  });

  it('is as it was in jobs that an earlier version has begun', () => {
    const engine = wide(100_000);
    engine.job.hasWideBlocks = () => false;
    engine.start();
    expect(engine.running.map(widthOf)).to.deep.equal(Array(50).fill(1));
    expect(engine.running[0]?.input).not.to.have.property('budgetMs');
    expect(nextWake(engine.job) - engine.now).to.be.above(1_000);
  });

  it('comes to all of its results, in order', () => {
    const engine = wide(5_000).start();
    engine.run(({ input }) => ({ result: Number((input as number[])[0]) * 10 }));
    const values = engine.record().results.data?.map(({ result }) => result);
    expect(values).to.deep.equal(Array.from({ length: 5_000 }, (_, index) => (index + 1) * 10));
  });
});

describe('the blocks of a batch that is not wide', () => {
  const MS = 50;
  /** How many items each block has, in the order in which they go out, where the oldest one is always the next to end. */
  const sizesOf = (version: number): number[] => {
    const nodes = [{ nodeName: 'green', algorithmName: 'alg', input: ['#[1...200]'] }];
    const engine = new Engine({ name: 'batch', nodes }, { version, window: 20 }).start();
    // Its workers tell how large outcomes are.
    engine.job.hasLeastWork = true;
    const sizes = new Map<number, number>();
    for (let [block] = engine.running; block !== undefined; [block] = engine.running) {
      for (const { blockId, input } of engine.running) sizes.set(blockId, fromRuns(input.items ?? []).length);
      const count = fromRuns(block.input.items ?? []).length;
      engine.endAfter(count * MS, block, ...Array<{ result: number }>(count).fill({ result: 1 }));
    }
    return [...sizes.values()];
  };

  it('get smaller towards its end', () => {
    const sizes = sizesOf(LATEST_VERSION);
    expect(Math.max(...sizes)).to.equal(4);
    expect(sizes.slice(-5)).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it('are of some work to its very end in jobs that an earlier version has begun', () => {
    const sizes = sizesOf(6);
    expect(sizes.slice(0, 20)).to.deep.equal(Array(20).fill(1));
    expect(sizes.slice(20, -1)).to.deep.equal(Array(sizes.length - 21).fill(4));
  });
});
