import { expect } from 'chai';
import { nextWake } from '../../src/domain/schedule';
import { Engine } from '../support/engine';

// Who serves an algorithm, and how long nobody may (contract §6, the last rule).

const WAIT = 60_000;
const green = { nodeName: 'green', algorithmName: 'green-alg', input: ['#[1...4]'] };
const red = { nodeName: 'red', algorithmName: 'red-alg' };

function started(...nodes: object[]): Engine {
  const document = { name: 'p', nodes, options: { ttl: 0, progressVerbosityLevel: 'critical' } };
  return new Engine(document, { window: 2 }).start();
}

/** Lets the engine's next look come. */
function wake(engine: Engine): void {
  engine.now = nextWake(engine.job);
  engine.apply({ type: 'tick' });
}

function failureOf(engine: Engine): (string | undefined)[] {
  const { level, status, error, nodeName } = engine.record().status;
  return [level, status, error, nodeName];
}

const FAILED = ['critical', 'failed', 'no worker serves algorithm green-alg', 'green'];

describe('an algorithm that no worker takes', () => {
  it('is looked after when it has been waited for, and fails its job where nobody is there', () => {
    const engine = started(green);
    const from = engine.now;
    expect(engine.looks).to.deep.equal([]);
    wake(engine);
    expect([engine.now - from, engine.looks]).to.deep.equal([WAIT, ['green-alg']]);
    engine.apply({ type: 'workersSeen', algorithmName: 'green-alg', seen: { served: false, started: false } });
    expect(failureOf(engine)).to.deep.equal(FAILED);
  });

  it('is looked after once at a time', () => {
    const engine = started(green);
    wake(engine);
    expect(nextWake(engine.job)).to.equal(Infinity);
    engine.apply({ type: 'tick' });
    expect(engine.looks).to.deep.equal(['green-alg']);
  });

  for (const seen of [{ served: true, started: false }, undefined]) {
    it(`is waited for where ${seen === undefined ? 'nobody can tell' : 'workers are there but busy'}`, () => {
      const engine = started(green);
      const times: number[] = [];
      for (let look = 0; look < 8; look++) {
        const before = engine.now;
        wake(engine);
        times.push((engine.now - before) / 1_000);
        engine.apply({ type: 'workersSeen', algorithmName: 'green-alg', ...(seen && { seen }) });
      }
      expect(times).to.deep.equal([60, 30, 60, 120, 240, 480, 600, 600]);
      wake(engine);
      engine.apply({ type: 'workersSeen', algorithmName: 'green-alg', seen: { served: false, started: false } });
      expect(failureOf(engine)).to.deep.equal(FAILED);
    });
  }

  it('is not looked after any more once a worker has taken an item', () => {
    const engine = started(green);
    wake(engine);
    engine.apply({ type: 'workersSeen', algorithmName: 'green-alg', seen: { served: false, started: true } });
    expect(nextWake(engine.job)).to.equal(Infinity);
    engine.run(() => ({ result: 1 }));
    expect(engine.record().status.status).to.equal('completed');
  });

  for (const [what, act] of [
    ['an item has ended', (engine: Engine) => engine.end('green#1', { result: 1 })],
    ['a worker was lost with one', (engine: Engine) => engine.lose('green#1', 'lost')],
  ] as const) {
    it(`is not looked after where ${what}`, () => {
      const engine = started(green);
      act(engine);
      expect(nextWake(engine.job)).to.equal(Infinity);
    });
  }

  it('that was given back whole by a pause is waited for anew', () => {
    const engine = started(green);
    engine.now += WAIT - 1;
    engine.apply({ type: 'pause' });
    for (const block of [...engine.running]) engine.end(block);
    expect(nextWake(engine.job)).to.equal(Infinity);
    engine.apply({ type: 'resume' });
    expect(nextWake(engine.job) - engine.now).to.equal(WAIT);
  });

  it('is not judged by what was seen of an earlier wait', () => {
    const engine = started(green);
    wake(engine);
    engine.apply({ type: 'pause' });
    for (const block of [...engine.running]) engine.end(block);
    engine.apply({ type: 'resume' });
    engine.apply({ type: 'workersSeen', algorithmName: 'green-alg', seen: { served: false, started: false } });
    expect(engine.job.status).to.equal('active');
  });

  it('is one among others: each is looked after by itself', () => {
    const engine = started(green, red);
    engine.end('red', { result: 1 });
    wake(engine);
    expect(engine.looks).to.deep.equal(['green-alg']);
  });

  it('is looked after in the next run of its workflow as well', () => {
    const engine = started({ ...green, input: ['#[1]'] });
    engine.apply({ type: 'drain' });
    engine.end('green#1');
    engine.continueRun();
    wake(engine);
    expect(engine.looks).to.deep.equal(['green-alg']);
  });
});

describe('an algorithm that the worker does not have', () => {
  const refuse = (engine: Engine, summary: string): void => {
    const { blockId } = engine.running.splice(engine.summaries().indexOf(summary), 1)[0] ?? {};
    engine.apply({ type: 'blockRefused', blockId: blockId ?? -1 });
  };

  it('is asked for again, one block at a time, and fails its job when it has been waited for', () => {
    const engine = started(green, red);
    engine.end('red', { result: 1 });
    refuse(engine, 'green#1');
    expect(engine.summaries()).to.deep.equal(['green#2']);
    refuse(engine, 'green#2');
    expect(engine.summaries()).to.deep.equal([]);
    expect(engine.job.counts).to.include({ pending: 4, active: 0 });
    const from = engine.now;
    const times: number[] = [];
    while (engine.job.status === 'active') {
      wake(engine);
      times.push((engine.now - from) / 1_000);
      expect(engine.running).to.have.length(1);
      refuse(engine, engine.summaries()[0] ?? '');
    }
    expect(times).to.deep.equal([2, 6, 14, 30, 60]);
    expect(failureOf(engine)).to.deep.equal(FAILED);
    expect(engine.looks).to.deep.equal([]);
  });

  it('holds no other algorithm up', () => {
    const engine = started(green, { ...red, input: ['#[1...4]'] });
    refuse(engine, 'green#1');
    expect(engine.summaries()).to.deep.equal(['red#1', 'red#2']);
  });

  it('runs as soon as a worker that has it takes the block', () => {
    const engine = started(green);
    refuse(engine, 'green#1');
    refuse(engine, 'green#2');
    wake(engine);
    engine.end('green#1', { result: 1 });
    expect(engine.summaries()).to.deep.equal(['green#2', 'green#3']);
    expect(nextWake(engine.job)).to.equal(Infinity);
  });

  it('is waited for until ttl where an item of it had started', () => {
    const engine = started(green);
    engine.end('green#1', { result: 1 });
    for (const summary of ['green#2', 'green#3']) refuse(engine, summary);
    for (let probe = 0; probe < 20; probe++) {
      wake(engine);
      refuse(engine, engine.summaries()[0] ?? '');
    }
    expect(engine.job.status).to.equal('active');
    expect(nextWake(engine.job) - engine.now).to.equal(30_000);
  });

  it('is not asked for while the job is paused', () => {
    const engine = started({ ...green, input: ['#[1]'] });
    refuse(engine, 'green#1');
    engine.apply({ type: 'pause' });
    expect(nextWake(engine.job)).to.equal(Infinity);
    engine.now += 2 * WAIT;
    engine.apply({ type: 'resume' });
    expect(engine.summaries()).to.deep.equal(['green#1']);
  });
});

describe('the ttl of a job', () => {
  it('stops it on time, whatever else it waits for', () => {
    const engine = new Engine({ name: 'p', nodes: [green], options: { ttl: 5 } }).start();
    const from = engine.now;
    wake(engine);
    expect(engine.now - from).to.equal(5_000);
    expect(engine.record().results).to.include({ status: 'stopped', reason: 'pipeline expired' });
  });

  it('is not over a moment early', () => {
    const engine = new Engine({ name: 'p', nodes: [green], options: { ttl: 5 } }).start();
    engine.now = nextWake(engine.job) - 1;
    engine.apply({ type: 'tick' });
    expect(engine.job.status).to.equal('active');
  });

  it('is an hour where none is given', () => {
    const engine = new Engine({ name: 'p', nodes: [{ ...green, input: [] }] }).start();
    engine.end('green', { result: 1 });
    expect(engine.job.status).to.equal('completed');
    const other = new Engine({ name: 'p', nodes: [green] }).start();
    const from = other.now;
    other.end('green#1', { result: 1 });
    expect(nextWake(other.job) - from).to.equal(3_600_000);
  });
});
