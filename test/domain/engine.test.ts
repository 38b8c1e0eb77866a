import { expect } from 'chai';
import { currentStatus } from '../../src/domain/bodies';
import type { Json } from '../../src/domain/json';
import type { JobEvent } from '../../src/domain/schedule';
import { Engine, type Item } from '../support/engine';

const node = (nodeName: string, ...input: Json[]) => ({ nodeName, algorithmName: `${nodeName}-alg`, input });
const pipeline = (...nodes: object[]) => ({ name: 'batch', nodes });
const atLevel = (progressVerbosityLevel: string, ...nodes: object[]) => ({
  ...pipeline(...nodes),
  options: { progressVerbosityLevel },
});

/** What each task got, which shows what its parents answered. */
const echo = ({ input }: Item) => ({ result: input });
const tenfold = ({ input }: Item) => ({ result: Number((input as Json[])[0]) * 10 });
const texts = (bodies: readonly object[]) => bodies.map((body) => JSON.stringify(body));
const statuses = (engine: Engine) => engine.received.map(({ level, status }) => `${level} ${status}`);

const JOB = '"jobId":"batch:672a8b0e-c0b0-486e-bb2b-4571b0805f29"';
const AT = '"timestamp":"2018-01-16T14:47:04.142Z","pipeline":"batch"';

describe('a job that completes', () => {
  it('sends the bodies of the seed, key by key', () => {
    const engine = new Engine(pipeline(node('green', '#[1,2,3]'))).start().run(tenfold).drain();
    expect(texts(engine.received)).to.deep.equal([
      `{${JOB},${AT},"level":"info","status":"pending"}`,
      `{${JOB},${AT},"level":"info","status":"active"}`,
      `{${JOB},${AT},"level":"info","status":"completed","data":{"progress":"100.00","details":"100.00% completed, 3 succeed"}}`,
    ]);
    expect(JSON.stringify(engine.record().results)).to.equal(
      `{${JOB},${AT},"status":"completed","data":[` +
        '{"nodeName":"green","batchID":"green#1","algorithmName":"green-alg","result":10},' +
        '{"nodeName":"green","batchID":"green#2","algorithmName":"green-alg","result":20},' +
        '{"nodeName":"green","batchID":"green#3","algorithmName":"green-alg","result":30}]}',
    );
  });

  it('stamps each event with the time at which it happened', () => {
    const engine = new Engine(pipeline(node('green')));
    engine.now += 1_000;
    engine.start();
    engine.now += 60_000;
    engine.run(echo);
    engine.now += 60_000;
    expect(engine.drain().received.map((body) => body.timestamp)).to.deep.equal([
      '2018-01-16T14:47:04.142Z',
      '2018-01-16T14:47:05.142Z',
      '2018-01-16T14:48:05.142Z',
    ]);
    expect(engine.record().results.timestamp).to.equal('2018-01-16T14:48:05.142Z');
  });

  it('tells a debug subscriber how far it is, as the seed does', () => {
    const nodes = [node('green', '#[1,2,3,4,5,6,7,8,9,10]'), node('yellow', '@green'), node('red', '@green')];
    const engine = new Engine(atLevel('debug', ...nodes), { window: 2 }).start();
    for (const index of [1, 2, 3, 4]) engine.end(`green#${String(index)}`, { result: 0 });
    const body =
      `{${JOB},${AT},"level":"debug","status":"active","data":{"progress":"33.33",` +
      '"details":"33.33% completed, 4 succeed, 2 active, 4 pending, 2 creating",' +
      '"activeNodes":[{"nodeName":"green","algorithmName":"green-alg","batch":{"active":6,"total":10}}]}}';
    expect(JSON.stringify(currentStatus(engine.job))).to.equal(body);
    expect(texts(engine.pass(1_000).received).at(-1)).to.equal(body);
  });

  it('lists only the nodes that have started and not ended', () => {
    const nodes = [node('a'), node('b'), node('c', '@a', '@b'), node('d', '#@b')];
    const engine = new Engine(atLevel('debug', ...nodes)).start();
    engine.end('a', { result: 1 });
    expect(currentStatus(engine.job).data?.activeNodes).to.deep.equal([{ nodeName: 'b', algorithmName: 'b-alg' }]);
    const narrow = new Engine(atLevel('debug', ...nodes), { window: 1 }).start();
    expect(currentStatus(narrow.job).data?.activeNodes).to.deep.equal([{ nodeName: 'a', algorithmName: 'a-alg' }]);
    engine.end('b', { result: [1, 2] });
    expect(currentStatus(engine.job).data?.activeNodes).to.deep.equal([
      { nodeName: 'c', algorithmName: 'c-alg' },
      { nodeName: 'd', algorithmName: 'd-alg', batch: { active: 2, total: 2 } },
    ]);
  });

  it('falls back when a node expands', () => {
    const engine = new Engine(atLevel('debug', node('a'), node('b', '#@a'))).start();
    const before = currentStatus(engine.job).data?.details;
    engine.end('a', { result: [1, 2, 3] });
    expect([before, currentStatus(engine.job).data?.details]).to.deep.equal([
      '0.00% completed, 1 active, 1 creating',
      '25.00% completed, 1 succeed, 3 active',
    ]);
  });

  it('answers the tasks of sinks and of flagged nodes, in node order, whichever ended first', () => {
    const nodes = [
      node('sink', '@a'),
      { ...node('a', '#[1,2]'), includeInResults: true },
      node('b', 7),
      node('c', '@b'),
    ];
    const engine = new Engine(pipeline(...nodes)).start();
    engine.end('a#2', { result: 'two' });
    engine.run(echo);
    expect(engine.record().results.data).to.deep.equal([
      { nodeName: 'sink', algorithmName: 'sink-alg', result: [[[1], 'two']] },
      { nodeName: 'a', batchID: 'a#1', algorithmName: 'a-alg', result: [1] },
      { nodeName: 'a', batchID: 'a#2', algorithmName: 'a-alg', result: 'two' },
      { nodeName: 'c', algorithmName: 'c-alg', result: [[7]] },
    ]);
  });

  it('counts an empty batch as one skipped task, and so its children that batch over it', () => {
    const nodes = [node('none', '#[]'), node('over', '#@none'), node('whole', '@none', '@over')];
    const engine = new Engine(atLevel('trace', ...nodes)).start().run(echo).drain();
    expect(engine.record().status.data?.details).to.equal('100.00% completed, 1 succeed, 2 skipped');
    expect(engine.record().results.data).to.deep.equal([
      { nodeName: 'whole', algorithmName: 'whole-alg', result: [[], []] },
    ]);
    const skipped = engine.received.flatMap((body) => body.tasks ?? []).filter((task) => task.status === 'skipped');
    expect(skipped).to.deep.equal([
      { nodeName: 'none', status: 'skipped' },
      { nodeName: 'over', status: 'skipped' },
    ]);
  });

  it('completes with no entry where every batch is empty', () => {
    const engine = new Engine(pipeline(node('none', '#[]'))).start().drain();
    expect(statuses(engine)).to.deep.equal(['info pending', 'info active', 'info completed']);
    expect(engine.record().results.data).to.deep.equal([]);
  });

  it('skips a chain of 10,000 empty batches without overflowing on it', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => {
      return node(`n${String(index)}`, index === 0 ? '#[]' : `#@n${String(index - 1)}`);
    });
    expect(new Engine(pipeline(...chain)).start().job.counts).to.include({ skipped: 10_000, creating: 0 });
  });
});

describe('a job that is controlled', () => {
  const nodes = [node('green', '#[1,2,3,4]'), node('after', '@green')];

  it('is stopped with a reason, its unfinished tasks first', () => {
    const engine = new Engine(pipeline(...nodes), { window: 2 }).start();
    engine.end('green#1', { result: 1 });
    engine.apply({ type: 'stop', reason: 'pipeline expired' });
    const { status, results } = engine.record();
    expect(texts([status, results])).to.deep.equal([
      `{${JOB},${AT},"level":"info","status":"stopped","data":{"progress":"20.00","details":"20.00% completed, 1 succeed, 4 stopped"},"reason":"pipeline expired"}`,
      `{${JOB},${AT},"status":"stopped","reason":"pipeline expired"}`,
    ]);
    expect(statuses(engine.drain())).to.deep.equal(['info pending', 'info active', 'info stopped']);
  });

  it('hands nothing out while it is paused, and goes on when it is resumed', () => {
    const engine = new Engine(pipeline(...nodes), { window: 2 }).start().drain();
    engine.apply({ type: 'pause' });
    engine.apply({ type: 'pause' });
    engine.end('green#1', { result: 1 });
    engine.end('green#2', { result: 2 });
    expect(engine.summaries()).to.deep.equal([]);
    expect(currentStatus(engine.job)).to.include({ status: 'paused' });
    engine.apply({ type: 'resume' });
    engine.apply({ type: 'resume' });
    expect(engine.summaries()).to.deep.equal(['green#3', 'green#4']);
    expect(currentStatus(engine.job)).to.include({ status: 'active' });
    engine.run(echo).drain();
    expect(texts(engine.received.slice(2, 4))).to.deep.equal([
      `{${JOB},${AT},"level":"info","status":"paused","data":{"progress":"0.00","details":"0.00% completed, 2 active, 2 pending, 1 creating"}}`,
      `{${JOB},${AT},"level":"info","status":"resumed","data":{"progress":"40.00","details":"40.00% completed, 2 succeed, 2 pending, 1 creating"}}`,
    ]);
    expect(statuses(engine).at(-1)).to.equal('info completed');
  });

  it('shows as its status what a debug subscriber was told last', () => {
    const engine = new Engine(atLevel('debug', ...nodes)).start();
    const same = () => {
      const last = engine.pass(1_000).received.at(-1);
      expect(JSON.stringify(currentStatus(engine.job))).to.equal(JSON.stringify(last));
    };
    same();
    engine.apply({ type: 'pause' });
    same();
    engine.apply({ type: 'resume' });
    expect(currentStatus(engine.job).status).to.equal('resumed');
    same();
    engine.apply({ type: 'pause' });
    for (const index of [1, 2, 3]) engine.end(`green#${String(index)}`, { result: 0 });
    same();
    engine.end('green#4', { error: 'boom' });
    expect(currentStatus(engine.job).data?.details).to.equal('80.00% completed, 3 succeed, 1 failed, 1 pending');
    same();
    engine.apply({ type: 'resume' });
    engine.run(echo);
    same();
  });

  it('can be stopped while it is paused', () => {
    const engine = new Engine(pipeline(...nodes)).start();
    engine.apply({ type: 'pause' });
    engine.apply({ type: 'stop', reason: 'enough' });
    expect(statuses(engine.drain()).slice(2)).to.deep.equal(['info paused', 'info stopped']);
  });

  it('hands out again what a block gave back, which is no second run', () => {
    const engine = new Engine(pipeline(node('green', '#[1...40]')), { window: 1 }).start();
    for (let index = 1; index <= 16; index++) engine.end(`green#${String(index)}`, { result: 'first' });
    engine.end('green#17…#22', { result: 'first' }, { result: 'first' });
    expect(engine.job.counts).to.include({ succeed: 18, active: 4, pending: 18 });
    expect(engine.summaries()).to.deep.equal(['green#19…#22']);
    const attempts = new Set<number>();
    engine.run(({ attempt }) => {
      attempts.add(attempt);
      return { result: 'again' };
    });
    expect([...attempts]).to.deep.equal([1]);
    expect(engine.record().results.data).to.have.length(40);
  });

  const late: [string, JobEvent][] = [
    ['a block that ends', { type: 'blockEnded', blockId: 1, outcome: { outcomes: [{ result: 0 }], durationMs: 1 } }],
    ['a block that is lost', { type: 'blockLost', blockId: 2, error: 'lost' }],
    ['an unknown block', { type: 'blockEnded', blockId: 99, outcome: { outcomes: [], durationMs: 1 } }],
    ['a failure of the engine', { type: 'engineFailed', error: 'late' }],
    ['a stop', { type: 'stop', reason: 'late' }],
    ['a pause', { type: 'pause' }],
    ['a resume', { type: 'resume' }],
    ['a second start', { type: 'started' }],
  ];
  for (const [what, event] of late) {
    it(`is not changed by ${what} after its end`, () => {
      const engine = new Engine(atLevel('trace', ...nodes)).start();
      engine.apply({ type: 'stop', reason: 'first' });
      const told = () => JSON.stringify([engine.job.record, engine.job.counts, engine.job.outbox, engine.job.status]);
      const before = told();
      const running = engine.summaries();
      engine.now += 1_000;
      engine.apply(event);
      expect(told()).to.equal(before);
      expect(engine.summaries()).to.deep.equal(running);
    });
  }
});
