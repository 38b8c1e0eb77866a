import { expect } from 'chai';
import type { Json } from '../../src/domain/json';
import { Engine, itemsOf } from '../support/engine';

const node = (nodeName: string, ...input: Json[]) => ({ nodeName, algorithmName: `${nodeName}-alg`, input });
const pipeline = (...nodes: object[]) => ({ name: 'batch', nodes, options: { batchTolerance: 100 } });
const started = (...nodes: object[]) => new Engine(pipeline(...nodes)).start();
const details = (engine: Engine) => {
  const { counts } = engine.job;
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${String(count)} ${status}`)
    .join(', ');
};
const inputOf = (engine: Engine, summary: string) => itemsOf(engine.find(summary)).map(({ input }) => input);

describe('a node that waits for any item of another', () => {
  it('runs each item as soon as the one of its index has succeeded', () => {
    const engine = started(node('green', '#[1,2,3]'), node('yellow', '*@green.x', 'fix'));
    expect(engine.summaries()).to.deep.equal(['green#1', 'green#2', 'green#3']);
    expect(details(engine)).to.equal('3 creating, 3 active');
    engine.end('green#2', { result: { x: 'two' } });
    expect(engine.summaries()).to.deep.equal(['green#1', 'green#3', 'yellow#2']);
    expect(inputOf(engine, 'yellow#2')).to.deep.equal([['two', 'fix']]);
    engine.end('yellow#2', { result: 20 });
    engine.end('green#1', { result: {} });
    expect(inputOf(engine, 'yellow#1')).to.deep.equal([[null, 'fix']]);
    engine.end('yellow#1', { result: 10 });
    engine.end('green#3', { result: { x: 'three' } });
    engine.end('yellow#3', { result: 30 });
    expect(engine.record().results.data?.map((entry) => [entry.batchID, entry.result])).to.deep.equal([
      ['yellow#1', 10],
      ['yellow#2', 20],
      ['yellow#3', 30],
    ]);
  });

  it('does so in whichever order the nodes are written', () => {
    const engine = started(node('red', '*@yellow'), node('yellow', '*@green'), node('green', '#[1,2]'));
    expect(details(engine)).to.equal('4 creating, 2 active');
    engine.end('green#1', { result: 1 });
    engine.end('yellow#1', { result: 2 });
    expect(engine.summaries()).to.deep.equal(['green#2', 'red#1']);
  });

  it('skips the item of one that has failed, and those that wait for it in turn', () => {
    const engine = started(
      node('green', '#[1,2]'),
      node('yellow', '*@green'),
      node('red', '*@yellow'),
      node('all', '@red'),
    );
    engine.end('green#1', { error: 'boom' });
    expect(details(engine)).to.equal('3 creating, 1 active, 1 failed, 2 skipped');
    engine.end('green#2', { result: 2 });
    engine.end('yellow#2', { result: 3 });
    engine.end('red#2', { result: 4 });
    // A skipped item is null for who reads them all, as a failed one is.
    expect(inputOf(engine, 'all')).to.deep.equal([[[null, 4]]]);
    engine.end('all', { result: 'done' });
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 4 succeed, 1 failed, 2 skipped');
  });

  it('gives a skipped task no entry', () => {
    const engine = started(node('green', '#[1,2]'), node('yellow', '*@green'));
    engine.end('green#1', { error: 'boom' });
    engine.end('green#2', { result: 2 });
    engine.end('yellow#2', { result: 3 });
    expect(engine.record().results.data).to.deep.equal([
      { nodeName: 'yellow', batchID: 'yellow#2', algorithmName: 'yellow-alg', result: 3 },
    ]);
  });

  it('is done where all its items are skipped', () => {
    const engine = new Engine({
      ...pipeline(node('green', '#[1,2]'), node('yellow', '*@green')),
      options: { batchTolerance: 100 },
    });
    engine.start();
    engine.end('green#1', { result: 1 });
    engine.end('yellow#1', { error: 'no' });
    engine.end('green#2', { error: 'boom' });
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 1 succeed, 2 failed, 1 skipped');
  });

  it('zips several parents; past the end of the shorter its value is null', () => {
    const engine = started(
      node('green', '#[1,2]'),
      node('blue', '#[1]'),
      node('yellow', '*@green', '*@blue', '#[a,b,c]'),
    );
    // Nothing is waited for at the third index.
    expect(inputOf(engine, 'yellow#3')).to.deep.equal([[null, null, 'c']]);
    engine.end('green#1', { result: 'g' });
    expect(engine.summaries()).to.not.include('yellow#1');
    engine.end('blue#1', { result: 'b' });
    expect(inputOf(engine, 'yellow#1')).to.deep.equal([['g', 'b', 'a']]);
    engine.end('green#2', { result: 'h' });
    expect(inputOf(engine, 'yellow#2')).to.deep.equal([['h', null, 'b']]);
  });

  it('waits for all of a node that it also reads as a whole', () => {
    const engine = started(
      node('green', '#[1,2]'),
      node('one'),
      node('yellow', '*@green', '@one'),
      node('red', '*@green', '@green'),
    );
    engine.end('green#1', { result: 1 });
    expect(engine.summaries()).to.not.include('yellow#1');
    engine.end('one', { result: 'one' });
    expect(inputOf(engine, 'yellow#1')).to.deep.equal([[1, 'one']]);
    expect(engine.summaries()).to.not.include('red#1');
    engine.end('green#2', { result: 2 });
    expect(inputOf(engine, 'red#1')).to.deep.equal([[1, [1, 2]]]);
    expect(inputOf(engine, 'red#2')).to.deep.equal([[2, [1, 2]]]);
  });

  it('over an empty batch is one skipped task', () => {
    const engine = started(node('green', '#[]'), node('yellow', '*@green'));
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 2 skipped');
    expect(engine.record().results.data).to.deep.equal([]);
  });
});
