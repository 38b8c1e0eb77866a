import { expect } from 'chai';
import { LATEST_VERSION } from '../../src/domain/settings';
import { BEFORE_AT_ONCE, Engine } from '../support/engine';

const one = { result: 1 };

function job(width: number, { retry, ...settings }: { retry?: object; version?: number } = {}): Engine {
  const green = {
    nodeName: 'green',
    algorithmName: 'alg',
    input: [`#[1...${String(width)}]`],
    ...(retry && { retry }),
  };
  return new Engine({ name: 'p', nodes: [green] }, { version: LATEST_VERSION, ...settings }).start();
}

const areAtOnce = (engine: Engine): boolean[] => engine.running.map(({ input }) => input.beginsAtOnce ?? false);

describe('a block that begins before the server has written that down', () => {
  it('is one of few items in their first run', () => {
    expect(areAtOnce(job(3))).to.deep.equal([true]);
    expect(areAtOnce(job(16))).to.deep.equal([true]);
    expect(new Set(areAtOnce(job(100)))).to.deep.equal(new Set([true]));
  });

  it('is none of many items', () => {
    const engine = job(10_000);
    engine.end('green#1…#16', ...Array.from({ length: 16 }, () => one));
    expect(engine.running.some(({ input }) => (input.items?.[0]?.[1] ?? 1) > 16)).to.equal(true);
    expect(new Set(areAtOnce(engine))).to.deep.equal(new Set([false]));
  });

  for (const [what, given] of [
    ['which must know what has begun: Never', { retry: { policy: 'Never' } }],
    ['which must know what has begun: OnError', { retry: { policy: 'OnError', limit: 3 } }],
    ['with one run to spare, as nobody knows whether it was one', { retry: { policy: 'OnCrash', limit: 1 } }],
    ['of a job that an earlier version has begun', { version: BEFORE_AT_ONCE }],
  ] as const) {
    it(`is none ${what}`, () => {
      expect(areAtOnce(job(3, given))).to.not.include(true);
    });
  }

  it('counts as a run of all its items where its worker is lost without a word, and those are told of', () => {
    const engine = job(3);
    engine.drain();
    engine.lose('green#1…#3', 'lost');
    expect(engine.running[0]?.input).to.include({ attempt: 2 }).and.not.have.property('beginsAtOnce');
    expect(engine.drain().received.filter(({ level }) => level === 'warn')).to.have.lengthOf(3);
    engine.run(() => one);
    expect(engine.record().results.data).to.have.lengthOf(3);
  });

  it('counts as none where its worker gave it back', () => {
    const engine = job(3);
    engine.end('green#1…#3');
    expect(engine.running.map(({ input }) => input.attempt)).to.deep.equal([1, 1, 1]);
    expect(areAtOnce(engine)).to.deep.equal([true, true, true]);
  });
});
