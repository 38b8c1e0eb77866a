import { expect } from 'chai';
import type { ItemOutcome } from '../../src/domain/block';
import { currentStatus } from '../../src/domain/bodies';
import type { Json } from '../../src/domain/json';
import { Engine } from '../support/engine';

const node = (nodeName: string, ...input: Json[]) => ({ nodeName, algorithmName: `${nodeName}-alg`, input });
const pipeline = (options: object, ...nodes: object[]) => ({ name: 'batch', nodes, options });
const boom = { error: 'boom' };

describe('retry', () => {
  const policies = ['Never', 'OnError', 'OnCrash', 'Always'] as const;
  const causes: [string, (engine: Engine) => void][] = [
    ['an error', (engine) => engine.end('a', boom)],
    ['a crash', (engine) => engine.lose('a', 'boom')],
    ['a dead thread', (engine) => engine.end('a', { error: 'boom', crash: true })],
    ['an error that is final', (engine) => engine.end('a', { error: 'boom', final: true })],
  ];
  const retried: Record<(typeof policies)[number], string[]> = {
    Never: [],
    OnError: ['an error'],
    OnCrash: ['a crash', 'a dead thread'],
    Always: ['an error', 'a crash', 'a dead thread'],
  };
  for (const policy of policies) {
    for (const [cause, happen] of causes) {
      for (const limit of [1, 3]) {
        const runs = retried[policy].includes(cause) ? 1 + limit : 1;
        it(`${policy} with limit ${String(limit)} at ${cause}: ${String(runs)} runs`, () => {
          const engine = new Engine(pipeline({}, { ...node('a'), retry: { policy, limit } })).start();
          for (let run = 1; run <= runs; run++) {
            expect(engine.find('a').input.attempt).to.equal(run);
            happen(engine);
          }
          expect(engine.record().results).to.deep.include({ error: 'boom', nodeName: 'a' });
          expect(engine.drain().received.filter((body) => body.level === 'warn')).to.have.length(runs - 1);
        });
      }
    }
  }

  it('is OnCrash with limit 3 by default', () => {
    const engine = new Engine(pipeline({}, node('a'))).start();
    for (let run = 1; run <= 4; run++) engine.lose('a', 'lost');
    expect(engine.record().status).to.deep.include({ level: 'error', error: 'lost' });
  });

  it('forgets the failure of a task that succeeds in the end', () => {
    const nodes = [{ ...node('green', '#[1,2]'), retry: { policy: 'OnError' } }];
    const engine = new Engine(pipeline({ batchTolerance: 0 }, ...nodes)).start();
    engine.run(({ attempt }) => (attempt === 1 ? boom : { result: attempt })).drain();
    expect(engine.record().results.data?.map((entry) => entry.result)).to.deep.equal([2, 2]);
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 2 succeed');
    expect(engine.received[2]?.tasks).to.deep.equal([
      { nodeName: 'green', batchID: 'green#1', status: 'pending', error: 'boom' },
    ]);
  });
});

describe('a lost block', () => {
  /** Its first 16 items ride alone; then comes a block of six. */
  function withBlock(retry: object = {}): Engine {
    const nodes = [{ ...node('green', '#[1...40]'), retry }];
    const engine = new Engine(pipeline({}, ...nodes), { window: 1 }).start();
    for (let index = 1; index <= 16; index++) engine.end(`green#${String(index)}`, { result: 0 });
    return engine;
  }
  const ok: ItemOutcome = { result: 'reported' };

  it('keeps the outcomes of its heartbeat; only the other items run again, each alone', () => {
    const engine = withBlock();
    engine.lose('green#17…#22', 'lost', [ok, null, boom, ok]);
    expect(engine.job.counts).to.include({ succeed: 18, failed: 1, active: 1, pending: 20 });
    for (const summary of ['green#18', 'green#21', 'green#22']) {
      expect(engine.summaries()).to.deep.equal([summary]);
      expect(engine.find(summary).input.attempt).to.equal(2);
      engine.end(summary, { result: 'again' });
    }
    const attempts = new Set<number>();
    engine.run(({ attempt }) => {
      attempts.add(attempt);
      return { result: 'first' };
    });
    expect([...attempts]).to.deep.equal([1]);
    expect(
      engine
        .record()
        .results.data?.slice(16, 23)
        .map((entry) => entry.result ?? entry.error),
    ).to.deep.equal(['reported', 'again', 'boom', 'reported', 'again', 'again', 'first']);
  });

  for (const policy of ['Never', 'OnCrash']) {
    it(`that has begun nothing is given back, and was no run (${policy})`, () => {
      const engine = new Engine(pipeline({}, { ...node('green', '#[1,2]'), retry: { policy, limit: 1 } })).start();
      for (let time = 0; time < 3; time++) engine.lose('green#1', 'never begun', undefined, 0);
      expect(engine.job.counts).to.include({ active: 2, failed: 0 });
      expect(engine.find('green#1').input.attempt).to.equal(1);
      expect(engine.drain().received.filter(({ level }) => level === 'warn')).to.deep.equal([]);
      engine.run(() => ({ result: 0 }));
      expect(engine.record().status.status).to.equal('completed');
    });
  }

  it('gives back what had not begun, where its worker could still tell', () => {
    const engine = withBlock();
    engine.drain();
    engine.lose('green#17…#22', 'shut down', [ok, null], 2);
    expect(engine.job.counts).to.include({ succeed: 17, active: 1, pending: 22 });
    expect(engine.drain().received.filter(({ level }) => level === 'warn')).to.have.length(1);
    const attempts = new Map<number | undefined, number>();
    engine.run(({ batchIndex, attempt }) => {
      attempts.set(batchIndex, attempt);
      return { result: 0 };
    });
    expect([17, 18, 19, 20, 21, 22].map((item) => attempts.get(item))).to.deep.equal([undefined, 2, 1, 1, 1, 1]);
  });

  it('runs all its items again where it never reported', () => {
    const engine = withBlock();
    engine.lose('green#17…#22', 'lost');
    expect(engine.job.counts).to.include({ succeed: 16, active: 1, pending: 23 });
    expect(engine.summaries()).to.deep.equal(['green#17']);
  });

  it('lets an item that kills its process fail alone', () => {
    const engine = withBlock({ limit: 2 });
    engine.lose('green#17…#22', 'lost', [ok, null]);
    engine.lose('green#18', 'lost');
    for (const index of [19, 20, 21, 22]) engine.end(`green#${String(index)}`, { result: 0 });
    engine.lose('green#18', 'lost again');
    engine.run(() => ({ result: 0 }));
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 39 succeed, 1 failed');
    expect(engine.record().results.data?.[17]?.error).to.equal('lost again');
  });

  it('hands a second run that was given back out as the same run', () => {
    const engine = withBlock();
    engine.lose('green#17…#22', 'lost', [ok, ok, ok, ok, ok, null]);
    engine.end('green#22');
    expect(engine.summaries()).to.deep.equal(['green#22']);
    expect(engine.find('green#22').input.attempt).to.equal(2);
  });

  it('goes on item by item, however often it is given back', () => {
    const engine = withBlock();
    engine.lose('green#17…#22', 'lost');
    for (const index of [17, 18, 19, 20, 21, 22, 17, 18]) engine.end(`green#${String(index)}`);
    expect(engine.summaries()).to.deep.equal(['green#19']);
  });

  it('leaves its items among those that have started', () => {
    const engine = withBlock();
    engine.lose('green#17…#22', 'lost');
    expect(currentStatus(engine.job).data?.activeNodes?.[0]?.batch).to.deep.equal({ active: 22, total: 40 });
  });

  for (const policy of ['Never', 'OnError']) {
    it(`holds one item under ${policy}, which may have started and so counts as failed`, () => {
      const engine = withBlock({ policy });
      engine.lose('green#17', 'lost');
      expect(engine.job.counts).to.include({ succeed: 16, failed: 1, active: 1 });
      expect(engine.summaries()).to.deep.equal(['green#18']);
    });
  }
});
