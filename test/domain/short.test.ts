import { expect } from 'chai';
import type { Homes } from '../../src/domain/homes';
import type { Json } from '../../src/domain/json';
import { shortAlgorithms, TOO_LONG_HERE } from '../../src/domain/short';
import { Engine } from '../support/engine';

// Which blocks the workflow of a job runs itself (contract §10, `short`).

const node = (nodeName: string, input: Json[], more: object = {}) => ({
  nodeName,
  algorithmName: 'quick',
  input,
  ...more,
});

function started(nodes: readonly object[]): Engine {
  return new Engine({ name: 'p', nodes }, {}, false, ['quick']).start();
}

/** `green#1…#3 here` where the workflow runs it. */
function handedOut({ running }: Engine): string[] {
  return running.map(({ summary, isHere }) => (isHere ? `${summary} here` : summary));
}

describe('a block of an algorithm that is short', () => {
  it('is run by the workflow, all items of a small node at once', () => {
    const engine = started([node('green', ['#[1...16]']), node('single', [1])]);
    expect(handedOut(engine)).to.deep.equal(['green#1…#16 here', 'single here']);
    expect(engine.running[0]?.input.items).to.deep.equal([[1, 16]]);
  });

  it('goes out as any first wave where its node is wider, or the algorithm is not short', () => {
    const other = { ...node('b', [1]), algorithmName: 'other' };
    const engine = started([node('green', ['#[1...17]']), other]);
    expect(handedOut(engine)).to.have.length(18);
    expect(handedOut(engine).filter((summary) => summary.endsWith('here'))).to.deep.equal([]);
  });

  for (const [policy, isHere] of [
    ['Never', false],
    ['OnError', false],
    ['OnCrash', true],
    ['Always', true],
  ] as const) {
    it(`${isHere ? 'is run by the workflow' : 'goes out'} under ${policy}`, () => {
      const engine = started([node('a', [1], { retry: { policy, limit: 3 } })]);
      expect(handedOut(engine)).to.deep.equal([isHere ? 'a here' : 'a']);
    });
  }

  it('goes out when it runs again, and so do the others from then on where it was too long', () => {
    const engine = started([node('green', ['#[1,2]']), node('next', ['@green'])]);
    engine.end('green#1…#2', { result: 1 }, TOO_LONG_HERE);
    expect(handedOut(engine)).to.deep.equal(['green#2']);
    expect(engine.find('green#2').input.attempt).to.equal(2);
    engine.end('green#2', { result: 2 });
    expect(handedOut(engine)).to.deep.equal(['next']);
    expect(engine.drain().job.failures).to.deep.equal([]);
  });

  it('has had one of its runs where it was too long', () => {
    const engine = started([node('a', [1], { retry: { policy: 'OnCrash', limit: 1 } })]);
    engine.end('a', TOO_LONG_HERE);
    engine.lose('a', 'lost');
    expect(engine.record().results).to.deep.include({ status: 'failed', error: 'lost' });
  });

  it('fails by an error of its own, which is no crash', () => {
    const engine = started([node('a', [1])]);
    engine.end('a', { error: 'boom' });
    expect(engine.record().results).to.deep.include({ status: 'failed', error: 'boom' });
  });

  it('runs again under Always, by another worker', () => {
    const engine = started([node('a', [1], { retry: { policy: 'Always', limit: 1 } }), node('b', ['@a'])]);
    engine.end('a', { error: 'boom' });
    expect(handedOut(engine)).to.deep.equal(['a']);
    engine.end('a', { result: 1 });
    // An error says nothing of how long it took.
    expect(handedOut(engine)).to.deep.equal(['b here']);
  });

  for (const [why, happen] of [
    ['took more than half a second', (engine) => engine.endAfter(501, 'a', { result: 1 })],
    ['was refused by its worker', (engine) => engine.refuse('a')],
    ['was not begun', (engine) => engine.end('a')],
    ['was lost', (engine) => engine.lose('a', 'lost')],
    ['found no place in its worker', (engine) => engine.lose('a', 'late', undefined, 0)],
  ] as readonly [string, (engine: Engine) => void][]) {
    it(`is the last that the workflow runs where it ${why}`, () => {
      const engine = started([node('a', [1]), node('b', ['@a'])]);
      happen(engine);
      if (engine.running[0]?.summary === 'a') {
        expect(handedOut(engine)).to.deep.equal(['a']);
        engine.end('a', { result: 1 });
      }
      expect(handedOut(engine)).to.deep.equal(['b']);
    });
  }

  it('that was refused goes out at once, and has not had a run', () => {
    const engine = started([node('green', ['#[1,2]'])]);
    engine.refuse('green#1…#2');
    expect(handedOut(engine)).to.deep.equal(['green#1', 'green#2']);
    expect(engine.running.map(({ input }) => input.attempt)).to.deep.equal([1, 1]);
  });

  it('goes out a second after the first of its job, so that the workflow hears of a stop', () => {
    const engine = started([node('a', [1]), node('b', ['@a']), node('c', ['@b'])]);
    engine.now += 999;
    engine.end('a', { result: 1 });
    expect(handedOut(engine)).to.deep.equal(['b here']);
    engine.now += 1;
    engine.end('b', { result: 1 });
    expect(handedOut(engine)).to.deep.equal(['c']);
  });

  it('goes out once its job is five seconds old, as it is when its worker was lost', () => {
    const slow = { ...node('slow', [1]), algorithmName: 'other' };
    const engine = started([slow, node('a', ['@slow'])]);
    engine.now += 5_000;
    engine.end('slow', { result: 1 });
    expect(handedOut(engine)).to.deep.equal(['a']);
  });

  it('goes out after the job has gone on in another run of its workflow', () => {
    const engine = started([node('a', [1]), node('b', ['@a'])]);
    engine.apply({ type: 'drain' });
    engine.end('a', { result: 1 });
    engine.continueRun();
    expect(handedOut(engine)).to.deep.equal(['b']);
  });

  it('goes out where its input lies in a blob, item by item', () => {
    const engine = started([{ ...node('a', ['#[1,2]']), algorithmName: 'other' }, node('b', ['#@a'])]);
    const blob = { store: 's', key: 'a/b', size: 50_000 };
    engine.end('a#1', { result: 1 });
    engine.end('a#2', { blob });
    expect(handedOut(engine)).to.deep.equal(['b#1', 'b#2']);
  });

  it('goes out where the job holds half a megabyte already', () => {
    const engine = started([node('a', [1]), node('b', ['@a'])]);
    engine.job.inlineBytes = 500_001;
    engine.end('a', { result: 1 });
    expect(handedOut(engine)).to.deep.equal(['b']);
  });

  it('is given back in a pause before it has begun, and goes out then', () => {
    const engine = started([node('green', ['#[1,2]'])]);
    engine.apply({ type: 'pause' });
    engine.end('green#1…#2');
    expect(handedOut(engine)).to.deep.equal([]);
    engine.apply({ type: 'resume' });
    expect(handedOut(engine)).to.deep.equal(['green#1', 'green#2']);
  });
});

describe('the short algorithms of a job', () => {
  const homes: Homes = {
    own: { kind: 'worker', taskQueue: 'q', short: true },
    long: { kind: 'worker', taskQueue: 'q', short: false },
    plain: { kind: 'worker', taskQueue: 'q' },
    http: { kind: 'http', url: 'http://x.example', timeoutMs: 1 },
  };

  it('are those that whoever has started it knows as such', () => {
    expect([...shortAlgorithms(homes, 10_000)]).to.deep.equal(['own']);
    expect([...shortAlgorithms(undefined, 10_000)]).to.deep.equal([]);
  });

  it('are none where a task that was lost comes again early', () => {
    expect([...shortAlgorithms(homes, 9_999)]).to.deep.equal([]);
  });
});
