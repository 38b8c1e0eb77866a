import { expect } from 'chai';
import type { Homes } from '../../src/domain/homes';
import { homeOf } from '../../src/domain/homes';
import { mergeAnnouncements, parseAnnouncement } from '../../src/domain/registry';
import { Engine } from '../support/engine';

// Where algorithms are run: how blocks are made for it, and what is taken from announcements.

const green = { nodeName: 'green', algorithmName: 'far', input: ['#[1...200]'] };

function started(homes: Homes): Engine {
  const engine = new Engine({ name: 'p', nodes: [green] }, { window: 4, homes }).start();
  // Past the first wave, where blocks grow.
  for (let ended = 0; ended < 20; ended++) engine.end(engine.running[0] ?? '', { result: 1 });
  return engine;
}

function sizes(engine: Engine): number[] {
  return engine.running.map(({ input }) => (input.items ?? []).reduce((sum, [, count]) => sum + count, 0));
}

describe('the blocks of an algorithm', () => {
  it('hold several items where a worker of ours runs them', () => {
    const engine = started({ far: { kind: 'worker', taskQueue: 'other' } });
    expect(Math.max(...sizes(engine))).to.be.greaterThan(1);
    expect(engine.running[0]?.input).to.not.have.property('http');
  });

  it('name the endpoint where it is one', () => {
    const engine = started({ far: { kind: 'http', url: 'http://x.example', timeoutMs: 5 } });
    expect(engine.running[0]?.input.http).to.deep.equal({ url: 'http://x.example', timeoutMs: 5 });
    expect(Math.max(...sizes(engine))).to.be.greaterThan(1);
  });

  it('hold one item where it is an activity', () => {
    expect(sizes(started({ far: { kind: 'activity', taskQueue: 'q', type: 't' } }))).to.deep.equal([1, 1, 1, 1]);
  });

  it('have no home by a name that every object has', () => {
    expect([homeOf({}, 'constructor'), homeOf(undefined, 'far')]).to.deep.equal([undefined, undefined]);
  });
});

describe('announcements', () => {
  const one = { taskQueue: 'one', at: 1, algorithms: { a: { concurrency: 2 }, b: {} } };
  const two = { taskQueue: 'two', at: 2, algorithms: { b: {}, c: {} } };

  it('are merged so that the latest has a name, in whichever order they come', () => {
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      expect([...mergeAnnouncements(order)].sort()).to.deep.equal([
        ['a', { taskQueue: 'one', concurrency: 2 }],
        ['b', { taskQueue: 'two' }],
        ['c', { taskQueue: 'two' }],
      ]);
    }
  });

  it('of the same time give a name to the first queue by its name', () => {
    for (const order of [
      [one, { ...two, at: 1 }],
      [{ ...two, at: 1 }, one],
    ]) {
      expect(mergeAnnouncements(order).get('b')).to.deep.equal({ taskQueue: 'one' });
    }
  });

  for (const bad of [
    null,
    {},
    { ...one, taskQueue: 1 },
    { ...one, at: -1 },
    { ...one, algorithms: { a: 1 } },
    { ...one, algorithms: { a: { blockSize: 0 } } },
  ]) {
    it(`are not ${JSON.stringify(bad)}`, () => {
      expect(() => parseAnnouncement(bad)).to.throw(/^announcement/);
    });
  }
});
