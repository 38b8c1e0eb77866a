import { expect } from 'chai';
import type { ItemOutcome } from '../../src/domain/block';
import { LATEST_VERSION } from '../../src/domain/settings';
import { takeSnapshot } from '../../src/domain/snapshot';
import { BEFORE_AT_ONCE, Engine, itemsOf } from '../support/engine';

const WIDTH = 9_000;
const isBad = (item: number): boolean => item % 50 === 0;

/** A batch whose blocks hold two items each and write them down, and one that reads each of what it has put out. */
function started(version: number, retry: object = {}): Engine {
  const nodes = [
    { nodeName: 'source', algorithmName: 'two', input: [`#[1...${String(WIDTH)}]`], includeInResults: true, retry },
    { nodeName: 'each', algorithmName: 'many', input: ['#@source'] },
  ];
  const of = (blockSize: number) => ({ kind: 'worker', taskQueue: 'q', blockSize }) as const;
  const homes = { two: of(2), many: of(500) };
  const options = { batchTolerance: 100 };
  return new Engine({ name: 'p', options, nodes }, { version, homes, window: 20 }, true).start();
}

/** @returns the most blobs that the job has named at a time */
function run(engine: Engine, between: () => void = () => undefined, firstRun?: ItemOutcome): number {
  let most = 0;
  let turns = 0;
  for (let block = engine.running[0]; block !== undefined; block = engine.running[0]) {
    const items = itemsOf(block);
    const outcomes = items.map((item): ItemOutcome => {
      const [value] = item.input as [number];
      if (item.nodeName === 'source' && item.attempt === 1 && firstRun !== undefined) return firstRun;
      if (item.nodeName === 'each') return { result: value + 1 };
      return isBad(value) ? { error: `no ${String(value)}` } : { result: value * 10 };
    });
    engine.end(block, ...outcomes);
    most = Math.max(
      most,
      engine.job.nodes.reduce((sum, { outcomes: { blobs } }) => sum + blobs, 0),
    );
    if (++turns % 40 === 0) engine.keepAll();
    if (turns % 1_000 === 0) between();
  }
  engine.keepAll();
  return most;
}

function checkResults(engine: Engine): void {
  const { data = [] } = engine.record().results;
  const of = (nodeName: string) => data.filter((entry) => entry.nodeName === nodeName);
  const expected = Array.from({ length: WIDTH }, (_, index) =>
    isBad(index + 1) ? `no ${String(index + 1)}` : (index + 1) * 10,
  );
  expect(of('source').map(({ error, result }) => error ?? result)).to.deep.equal(expected);
  const read = of('each').map(({ result }) => result);
  expect(read).to.deep.equal(expected.filter((value) => typeof value === 'number').map((value) => value + 1));
}

describe('blobs with the outcomes of a few items each', () => {
  it('are put together, so that a job names few of them, and each is what it was', () => {
    const engine = started(LATEST_VERSION);
    expect(run(engine)).to.be.within(1_000, 1_200);
    checkResults(engine);
  });

  it('are so over runs of the workflow', () => {
    const engine = started(LATEST_VERSION);
    run(engine, () => {
      engine.apply({ type: 'drain' });
      for (let block = engine.running[0]; block !== undefined; block = engine.running[0]) engine.end(block);
      engine.keepAll();
      expect(JSON.stringify(takeSnapshot(engine.job)).length).to.be.below(400_000);
      engine.continueRun();
    });
    checkResults(engine);
  });

  it('are forgotten where all of their items run again', () => {
    const engine = started(LATEST_VERSION, { policy: 'Always', limit: 1 });
    expect(run(engine, undefined, { error: 'boom' })).to.be.within(1_000, 1_200);
    checkResults(engine);
  });

  it('stay where they are in jobs that an earlier version has begun', () => {
    const engine = started(BEFORE_AT_ONCE);
    expect(run(engine)).to.be.above(4_000);
    checkResults(engine);
  });

  it('stay where no worker has a place for what is put together', () => {
    const engine = started(LATEST_VERSION);
    while (engine.keeps.length === 0) {
      const [block] = engine.running;
      if (block === undefined) throw new Error('the job has ended');
      engine.end(block, ...itemsOf(block).map(() => ({ result: 1 })));
    }
    engine.keeps.length = 0;
    engine.apply({ type: 'outcomesKept' });
    run(engine);
    expect(engine.record().status.status).to.equal('completed');
    expect(engine.keeps).to.deep.equal([]);
  });
});
