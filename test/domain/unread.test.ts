import { expect } from 'chai';
import { nextWake } from '../../src/domain/schedule';
import { Engine } from '../support/engine';

const AWAY = 'the store is away';
const GONE = 'the blob is gone';

/** A batch that may not run twice, whose blocks are one item each. */
function start(items = 3): Engine {
  const node = { nodeName: 'green', algorithmName: 'alg', input: [`#[1...${String(items)}]`] };
  return new Engine({
    name: 'p',
    nodes: [{ ...node, retry: { policy: 'Never', limit: 1 } }],
    options: { ttl: 0, progressVerbosityLevel: 'warn' },
    webhooks: { progress: 'http://a.example' },
  }).start();
}

/** Lets the time come that the engine waits for. */
function wake(engine: Engine): number {
  const waited = nextWake(engine.job) - engine.now;
  engine.now += waited;
  engine.apply({ type: 'tick' });
  return waited;
}

const all = ['green#1', 'green#2', 'green#3'];

describe('an input that can not be read', () => {
  it('holds its node back: one block tries, after 1, 2, 4 … 30 s, for as long as the job may', () => {
    const engine = start();
    for (const summary of all) engine.unread(summary, AWAY, false);
    expect(engine.job.counts).to.include({ pending: 3, active: 0 });
    const waits = Array.from({ length: 8 }, () => {
      const waited = wake(engine);
      // The others wait for it.
      engine.apply({ type: 'tick' });
      expect(engine.running).to.have.lengthOf(1);
      engine.unread(engine.summaries()[0] ?? '', AWAY, false);
      return waited;
    });
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1_000));
    wake(engine);
    engine.end(engine.summaries()[0] ?? '', { result: 1 });
    expect(engine.running).to.have.lengthOf(2);
    engine.run(() => ({ result: 0 }));
    expect(engine.job.status).to.equal('completed');
    engine.drain();
    expect(engine.received.map(({ status, tasks }) => [status, tasks])).to.deep.equal([
      [
        'active',
        [{ nodeName: 'green', batchID: 'green#1', status: 'pending', error: `the input can not be read: ${AWAY}` }],
      ],
    ]);
  });

  it('is read by a try that has not come back after ten seconds: the others follow', () => {
    const engine = start();
    for (const summary of all) engine.unread(summary, AWAY, false);
    wake(engine);
    expect(engine.running).to.have.lengthOf(1);
    expect(wake(engine)).to.equal(10_000);
    expect(engine.running).to.have.lengthOf(3);
    expect(nextWake(engine.job)).to.be.greaterThan(engine.now);
  });

  it('fails the job once it was gone for as long as an algorithm is waited for', () => {
    const engine = start();
    engine.unread('green#1', GONE, true);
    let waited = 0;
    while (engine.job.status === 'active') {
      waited += wake(engine);
      engine.unread('green#1', GONE, true);
    }
    expect(waited).to.equal(engine.job.settings.algorithmWaitMs);
    const error = `the input can not be read: ${GONE}`;
    expect(engine.record().status).to.include({ level: 'critical', error, nodeName: 'green' });
  });

  it('was not gone for as long as the store was away', () => {
    const engine = start(1);
    engine.unread('green#1', GONE, true);
    for (const isGone of [false, false, false, false, false, false, true]) {
      wake(engine);
      engine.unread('green#1', isGone ? GONE : AWAY, isGone);
    }
    expect(engine.job.status).to.equal('active');
  });

  it('holds no other node back, and is waited for in the next run of the workflow', () => {
    const engine = new Engine({
      name: 'p',
      nodes: [
        { nodeName: 'green', algorithmName: 'alg', input: [1] },
        { nodeName: 'yellow', algorithmName: 'alg', input: ['#[1...20]'] },
      ],
    }).start();
    engine.unread('green', AWAY, false);
    for (const summary of engine.summaries()) engine.end(summary, { result: 1 });
    engine.continueRun();
    expect(engine.job.counts).to.include({ pending: 1, succeed: 20 });
    expect(wake(engine)).to.equal(1_000);
    engine.end('green', { result: 1 });
    expect(engine.job.status).to.equal('completed');
  });

  it('is no sign that nobody serves the algorithm', () => {
    const engine = start(1);
    engine.apply({ type: 'blockRefused', blockId: engine.find('green#1').blockId });
    engine.running.splice(0);
    wake(engine);
    engine.unread('green#1', AWAY, false);
    expect(wake(engine)).to.equal(1_000);
    expect(engine.summaries()).to.deep.equal(['green#1']);
    expect(nextWake(engine.job)).to.be.greaterThan(engine.now);
  });
});
