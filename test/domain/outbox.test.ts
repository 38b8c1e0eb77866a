import { expect } from 'chai';
import type { ProgressBody, TaskChange } from '../../src/domain/events';
import {
  createOutbox,
  failuresFirst,
  markChanged,
  publish,
  publishLast,
  takeNext,
  takeSequence,
  takeWarning,
  type NextEvent,
  type Outbox,
} from '../../src/domain/outbox';
import { LEVELS, parseLevel, passes, type Level } from '../../src/domain/verbosity';
import { Engine } from '../support/engine';

const SECOND = 1_000;
const body = (level: Level, rest: Partial<ProgressBody> = {}): ProgressBody => ({
  jobId: 'p:1',
  timestamp: '2018-01-16T14:47:04.142Z',
  pipeline: 'p',
  level,
  status: 'active',
  ...rest,
});
const change = (index: number, rest: Partial<TaskChange> = {}): TaskChange => ({
  nodeName: 'green',
  batchID: `green#${String(index)}`,
  status: 'active',
  ...rest,
});
const failed = (index: number) => change(index, { status: 'failed', error: `boom ${String(index)}` });
const none: NextEvent = { kind: 'none' };
const green = (items: number, options: object) => ({
  name: 'batch',
  nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [`#[1...${String(items)}]`] }],
  options,
});

/** When snapshots are taken, in seconds, while something changes all the time. */
function snapshotTimes(outbox: Outbox, count: number): number[] {
  const times: number[] = [];
  for (let now = 0; times.length < count;) {
    markChanged(outbox, now);
    const next = takeNext(outbox, now);
    if (next.kind === 'snapshot') times.push(now / SECOND);
    else if (next.kind === 'at') now = next.time;
  }
  return times;
}

describe('a level', () => {
  it('lets those at and above it pass', () => {
    expect(LEVELS.map((subscriber) => LEVELS.filter((level) => passes(subscriber, level)).length)).to.deep.equal([
      6, 5, 4, 3, 2, 1,
    ]);
    expect(LEVELS.filter((level) => passes('warn', level))).to.deep.equal(['warn', 'error', 'critical']);
  });

  it('may be written warning', () => {
    expect(['warning', 'warn', 'trace', 'WARN', ''].map(parseLevel)).to.deep.equal([
      'warn',
      'warn',
      'trace',
      undefined,
      undefined,
    ]);
  });
});

describe('the filter comes first: an outbox', () => {
  for (const subscriber of LEVELS) {
    it(`of a subscriber at ${subscriber} takes nothing below it`, () => {
      const outbox = createOutbox(subscriber, SECOND);
      for (const level of LEVELS) publish(outbox, body(level));
      expect(outbox.queue.map(({ level }) => level)).to.deep.equal(LEVELS.filter((level) => passes(subscriber, level)));
      outbox.queue = [];
      markChanged(outbox, 0, change(1));
      expect(takeNext(outbox, 0).kind).to.equal(passes(subscriber, 'debug') ? 'snapshot' : 'none');
      expect(takeWarning(outbox, failed(1))).to.equal(passes(subscriber, 'warn'));
    });
  }
});

describe('events at info and above', () => {
  it('are sent one and all, in order, whenever they are taken', () => {
    const outbox = createOutbox('info', SECOND);
    const all = Array.from({ length: 3_000 }, (_, index) => body('info', { reason: String(index) }));
    for (const one of all) publish(outbox, one);
    expect(all.map(() => takeNext(outbox, 0))).to.deep.equal(all.map((one) => ({ kind: 'queued', body: one })));
    expect(takeNext(outbox, 0)).to.deep.equal(none);
  });

  for (const publishIt of [publish, publishLast]) {
    it(`go before a debug event that waits and stand for it (${publishIt.name})`, () => {
      const outbox = createOutbox('debug', SECOND);
      markChanged(outbox, 0, change(1));
      publishIt(outbox, body('info'));
      expect([takeNext(outbox, 0), takeNext(outbox, 0)]).to.deep.equal([{ kind: 'queued', body: body('info') }, none]);
    });
  }

  it('go before a trace event that waits and leave it its tasks', () => {
    const outbox = createOutbox('trace', SECOND);
    markChanged(outbox, 0, change(1));
    markChanged(outbox, 3, failed(2));
    const warning = body('warn', { tasks: [failed(2)] });
    publish(outbox, warning);
    expect(takeNext(outbox, 5)).to.deep.equal({ kind: 'queued', body: warning });
    expect(takeNext(outbox, 5)).to.deep.equal({ kind: 'snapshot', changedAt: 3, tasks: [change(1), failed(2)] });
    expect(takeNext(outbox, 5)).to.deep.equal(none);
  });

  it('take its tasks over where they are the last, the failures first', () => {
    const outbox = createOutbox('trace', SECOND);
    for (let index = 1; index <= 1_000; index++) markChanged(outbox, 0, change(index));
    markChanged(outbox, 0, failed(2));
    publishLast(outbox, body('info'));
    const tasks = outbox.queue[0]?.tasks ?? [];
    expect(takeNext(outbox, 0).kind).to.equal('queued');
    // A thousand were kept; what the second did before it failed is not told.
    expect(tasks).to.have.length(999);
    expect(tasks.slice(0, 3)).to.deep.equal([failed(2), change(1), change(3)]);
    expect(takeNext(outbox, 0)).to.deep.equal(none);
  });

  it('have no tasks where nothing changed', () => {
    const outbox = createOutbox('trace', SECOND);
    publishLast(outbox, body('info'));
    expect(takeNext(outbox, 0)).to.deep.equal({ kind: 'queued', body: body('info') });
  });
});

describe('events below info', () => {
  it('are one a second for the first 600, then one per ten, after 1,200 one a minute', () => {
    const times = snapshotTimes(createOutbox('debug', SECOND), 1_203);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(times[0]).to.equal(0);
    expect(gaps).to.deep.equal([
      ...Array.from({ length: 599 }, () => 1),
      ...Array.from({ length: 600 }, () => 10),
      ...Array.from({ length: 3 }, () => 60),
    ]);
  });

  it('keep to the interval that is set', () => {
    expect(snapshotTimes(createOutbox('debug', 250), 3)).to.deep.equal([0, 0.25, 0.5]);
  });

  it('come to the newest, with the tasks of those that it replaces', () => {
    const outbox = createOutbox('trace', SECOND);
    markChanged(outbox, 1, change(1));
    markChanged(outbox, 2, change(2));
    markChanged(outbox, 3);
    expect(takeNext(outbox, 5)).to.deep.equal({ kind: 'snapshot', changedAt: 3, tasks: [change(1), change(2)] });
    markChanged(outbox, 6, change(3));
    expect(takeNext(outbox, 7)).to.deep.equal({ kind: 'at', time: 1_005 });
    markChanged(outbox, 8, change(4));
    expect(takeNext(outbox, 1_005)).to.deep.equal({ kind: 'snapshot', changedAt: 8, tasks: [change(3), change(4)] });
    expect(takeNext(outbox, 9_999)).to.deep.equal(none);
  });

  it('list the failures first, each task ending as it is: what it did before it failed is dropped', () => {
    const again = change(1, { status: 'pending', error: 'boom' });
    const succeeded = change(1, { status: 'succeed' });
    expect(failuresFirst([change(1), change(2), again, change(3), change(1), failed(3), succeeded])).to.deep.equal([
      again,
      failed(3),
      change(2),
      change(1),
      succeeded,
    ]);
  });

  it('list no tasks for a debug subscriber', () => {
    const outbox = createOutbox('debug', SECOND);
    markChanged(outbox, 0, failed(1));
    expect(takeNext(outbox, 0)).to.deep.equal({ kind: 'snapshot', changedAt: 0, tasks: [] });
  });

  it('list at most 1,000 tasks, and no failure is given up for another change', () => {
    const outbox = createOutbox('trace', SECOND);
    for (let index = 1; index <= 1_500; index++) markChanged(outbox, 0, change(index));
    for (let index = 1; index <= 10; index++) markChanged(outbox, 0, failed(index));
    const next = takeNext(outbox, 0);
    const tasks = failuresFirst(next.kind === 'snapshot' ? next.tasks : []);
    // A thousand were kept; what the ten did before they failed is not told.
    expect(tasks).to.have.length(990);
    expect(tasks.slice(0, 11).map(({ status }) => status)).to.deep.equal([
      ...Array.from({ length: 10 }, () => 'failed'),
      'active',
    ]);
  });

  for (const level of ['debug', 'trace']) {
    it(`at ${level} include the first, however soon the job ends and however late it is taken`, () => {
      const engine = new Engine(green(3, { progressVerbosityLevel: level })).start().run(() => ({ result: 0 }));
      engine.now += 60_000;
      expect(engine.drain().received.map((event) => `${event.level} ${String(event.data?.progress)}`)).to.deep.equal([
        'info undefined',
        'info undefined',
        `${level} 0.00`,
        'info 100.00',
      ]);
    });

    it(`at ${level} are followed by the next one an interval after the first was taken`, () => {
      const engine = new Engine(green(3, { progressVerbosityLevel: level })).start();
      engine.now += 5_500;
      engine.drain().end('green#1', { result: 0 });
      const takenAt = engine.now;
      expect(engine.pass(999).received).to.have.length(3);
      engine.pass(1);
      expect([engine.received.length, engine.now - takenAt]).to.deep.equal([4, 1_000]);
      expect(engine.received[3]?.data?.progress).to.equal('33.33');
    });
  }

  it('tell a trace subscriber every task that the end has stopped, up to the limit', () => {
    const pipeline = green(5, { progressVerbosityLevel: 'trace', batchTolerance: 0 });
    const after = { nodeName: 'after', algorithmName: 'a', input: ['#@green'] };
    const engine = new Engine({ ...pipeline, nodes: [...pipeline.nodes, after] }, { window: 2 }).start();
    engine.drain().end('green#2', { error: 'boom 2' });
    const stopped = [1, 3, 4, 5].map((index) => change(index, { status: 'stopped' }));
    expect(engine.drain().received.at(-1)?.tasks).to.deep.equal([
      failed(2),
      ...stopped,
      { nodeName: 'after', status: 'stopped' },
    ]);
    const wide = new Engine(green(1_000_000, { progressVerbosityLevel: 'trace' })).start().drain();
    wide.apply({ type: 'stop', reason: 'enough' });
    expect(wide.drain().received.at(-1)?.tasks).to.have.length(1_000);
  });
});

it('takeSequence counts from 1', () => {
  const outbox = createOutbox('info', SECOND);
  expect([1, 2, 3].map(() => takeSequence(outbox))).to.deep.equal([1, 2, 3]);
});
