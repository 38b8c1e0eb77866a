import { expect } from 'chai';
import type { ItemOutcome } from '../../src/domain/block';
import { takeSnapshot } from '../../src/domain/snapshot';
import { Engine, itemsOf } from '../support/engine';

const KILOBYTE = 'x'.repeat(1_000);
const HOMES = { far: { kind: 'activity', taskQueue: 'far', type: 'far' } } as const;

/** A wide batch of a foreign activity, whose outcomes no worker of ours has seen. */
const wide = (items: number) => ({
  name: 'p',
  options: { batchTolerance: 100 },
  nodes: [
    { nodeName: 'source', algorithmName: 'far', input: [`#[1...${String(items)}]`], includeInResults: true },
    { nodeName: 'whole', algorithmName: 'near', input: ['@source.value'] },
    { nodeName: 'each', algorithmName: 'near', input: ['#@source.value'] },
    { nodeName: 'any', algorithmName: 'near', input: ['*@source.value'] },
  ],
});

const answer = (value: unknown): ItemOutcome =>
  Number(value) % 50 === 0 ? { error: `no ${String(value)}` } : { result: { value: Number(value), text: KILOBYTE } };

/** Ends the blocks one by one, and writes down what is to be, each time after some more blocks have ended. */
function run(engine: Engine, isContinued = false): void {
  let turns = 0;
  for (let block = engine.running[0]; block !== undefined; block = engine.running[0]) {
    const { nodeName } = block.input;
    const outcomes = itemsOf(block).map((item): ItemOutcome => {
      const [value] = item.input as [never];
      return nodeName === 'source' ? answer(value) : { result: value };
    });
    if (nodeName === 'source') engine.endInline(block, ...outcomes);
    else engine.end(block, ...outcomes);
    if (++turns % 20 === 0 && engine.keeps.length > 0) engine.keep();
    if (isContinued && turns % 700 === 0) pass(engine);
  }
  engine.keepAll();
}

/** Goes on in another run, which is possible where nothing is in flight. */
function pass(engine: Engine): void {
  engine.apply({ type: 'drain' });
  for (let block = engine.running[0]; block !== undefined; block = engine.running[0]) {
    engine.end(block);
  }
  engine.keepAll();
  expect(JSON.stringify(takeSnapshot(engine.job)).length).to.be.below(1_900_000);
  engine.continueRun();
}

describe('outcomes that a job has no room for', () => {
  for (const isContinued of [false, true]) {
    it(`are written down, exact and in order${isContinued ? ', over runs of the workflow' : ''}`, () => {
      const count = 3_000;
      const engine = new Engine(wide(count), { homes: HOMES, window: 50 }, true).start();
      run(engine, isContinued);
      const values = Array.from({ length: count }, (_, index) => index + 1);
      const { data = [] } = engine.record().results;
      const of = (node: string): unknown[] =>
        data.filter(({ nodeName }) => nodeName === node).map(({ result, error }) => result ?? error);
      expect(of('source')).to.deep.equal(
        values.map(answer).map((one) => ('result' in one ? one.result : 'error' in one ? one.error : undefined)),
      );
      const good = values.filter((value) => value % 50 !== 0);
      expect(of('whole')).to.deep.equal([values.map((value) => (value % 50 === 0 ? null : value))]);
      expect(of('each')).to.deep.equal(good);
      expect(of('any')).to.deep.equal(good);
    });
  }

  /** Without a worker's word on their size, as foreign activities answer. */
  function foreign(documentOf: object, stores: boolean): Engine {
    return new Engine(documentOf, { homes: HOMES }, stores).start();
  }

  it('are at hand up to 1.2 MB, and the job waits for the rest before it ends', () => {
    const engine = foreign(
      { name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'far', input: ['#[1...1500]'] }] },
      true,
    );
    while (engine.running[0] !== undefined) engine.endInline(engine.running[0], { result: KILOBYTE });
    expect(engine.keeps).to.have.lengthOf(1);
    expect(JSON.stringify(engine.keeps[0]?.input).length).to.be.below(1_100_000);
    expect(engine.job.status).to.equal('active');
    engine.keep();
    expect(engine.keeps).to.have.lengthOf(0);
    expect(engine.job.status).to.equal('completed');
    expect(engine.record().results.data?.map(({ result }) => result)).to.deep.equal(
      Array.from({ length: 1_500 }, () => KILOBYTE),
    );
  });

  it('stay where the workers have no place for them: the old limits hold', () => {
    const engine = foreign(
      { name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'far', input: ['#[1...2500]'] }] },
      false,
    );
    while (engine.running[0] !== undefined) engine.endInline(engine.running[0], { result: KILOBYTE });
    engine.keep();
    expect(engine.keeps).to.have.lengthOf(0);
    expect(engine.record().status.error).to.match(/^results of \d+ bytes are larger than 1900000$/);
  });

  it('of a node that is no batch become a blob, whose elements are known to its readers', () => {
    const list = Array.from({ length: 3 }, (_, index) => ({ index, text: 'y'.repeat(300_000) }));
    const engine = foreign(
      {
        name: 'p',
        nodes: [
          { nodeName: 'a', algorithmName: 'far', input: [1] },
          { nodeName: 'b', algorithmName: 'far', input: [2] },
          { nodeName: 'c', algorithmName: 'near', input: ['@b', '#@a.list.0', '#@a.list', '@a.list.1.index'] },
        ],
      },
      true,
    );
    engine.endInline(engine.find('a'), { result: { list } });
    engine.keepAll();
    engine.apply({ type: 'tick' });
    expect(engine.job.keeping).to.equal(undefined);
    // Together with the first it is too much.
    engine.endInline(engine.find('b'), { result: 'z'.repeat(500_000) });
    engine.keepAll();
    const inputs = engine.running.flatMap(itemsOf).map(({ input }) => input as unknown[]);
    expect(inputs).to.deep.equal(list.map((one) => ['z'.repeat(500_000), null, one, 1]));
  });

  it('that a lost block had told count as well', () => {
    const engine = foreign({ name: 'p', nodes: [{ nodeName: 'a', algorithmName: 'near', input: ['#[1...2]'] }] }, true);
    engine.lose('a#1', 'lost', [{ result: KILOBYTE.repeat(1_300) }], 1);
    expect(engine.job.inlineBytes).to.be.greaterThan(1_300_000);
    expect(engine.keeps).to.have.lengthOf(1);
  });
});
