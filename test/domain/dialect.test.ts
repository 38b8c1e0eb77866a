import { expect } from 'chai';
import fc from 'fast-check';
import {
  fromSentResult,
  headIn,
  toHkubeProgress,
  toHkubeResult,
  toHkubeResults,
  toHkubeResultText,
  toHkubeStatus,
} from '../../src/domain/dialect';
import { batchId, type ProgressBody, type ResultBody, type ResultEntry } from '../../src/domain/events';
import { allTasks, finishedTasks, formatDetails, formatProgress, type TaskCounts } from '../../src/domain/progress';
import { LEVELS } from '../../src/domain/verbosity';
import { sampleBody } from '../../src/domain/webhook-sample';
import { Engine } from '../support/engine';

const SUBMITTED = Date.UTC(2018, 0, 16, 14, 47, 0);
const TIMESTAMP = '2018-01-16T14:47:04.142Z';
const head = { jobId: 'batch:672a8b0e-c0b0-486e-bb2b-4571b0805f29', timestamp: TIMESTAMP, pipeline: 'batch' };

const counts = fc.record<TaskCounts>({
  creating: fc.nat(20),
  pending: fc.nat(20),
  active: fc.nat(20),
  succeed: fc.nat(20),
  failed: fc.nat(20),
  skipped: fc.nat(20),
  stopped: fc.nat(20),
});
const progress = fc
  .record({ counts: counts.filter((all) => allTasks(all) > 0), level: fc.constantFrom(...LEVELS) })
  .map(({ counts: all, level }) => {
    const data = { progress: formatProgress(all), details: formatDetails(all) };
    return { counts: all, body: { ...head, level, status: 'active', data } satisfies ProgressBody };
  });

const entry = fc
  .record({
    nodeName: fc.constantFrom('green', 'a#7', '#'),
    index: fc.option(fc.nat(1_000_000)),
    outcome: fc.constantFrom(
      { result: [1] },
      { result: null },
      { error: 'boom' },
      { info: { isBigData: true as const, size: 545_000, url: 'http://pipelines.example/1' } },
    ),
  })
  .map(({ nodeName, index, outcome }): ResultEntry => {
    return { nodeName, ...(index !== null && { batchID: batchId(nodeName, index) }), algorithmName: 'alg', ...outcome };
  });
const result = fc.oneof(
  fc.array(entry, { maxLength: 8 }).map((data): ResultBody => ({ ...head, status: 'completed', data })),
  fc.constantFrom<ResultBody>(
    { ...head, status: 'failed', error: 'boom', nodeName: 'green' },
    { ...head, status: 'failed', error: 'the job was terminated from outside' },
    { ...head, status: 'stopped', reason: 'enough' },
  ),
);

describe("HKube's dialect", () => {
  describe('of progress', () => {
    it('has numbers, and the counts by state', () => {
      const body: ProgressBody = {
        ...head,
        level: 'debug',
        status: 'active',
        data: {
          progress: '33.30',
          details: '33.30% completed, 4 succeed, 2 active, 4 pending, 2 creating',
          activeNodes: [{ nodeName: 'green', algorithmName: 'green-alg', batch: { active: 6, total: 10 } }],
        },
      };
      expect(toHkubeProgress(body, SUBMITTED)).to.deep.equal({
        ...head,
        level: 'debug',
        status: 'active',
        data: {
          progress: 33.3,
          states: { succeed: 4, active: 2, creating: 6 },
          details: '33.3% completed, 4 succeed, 2 active, 6 creating',
        },
      });
    });

    it('tells at the end how long it took, and by REST has times as numbers', () => {
      const body = sampleBody('progress', Date.parse(TIMESTAMP)) as ProgressBody;
      const data = { progress: 100, states: { succeed: 1 }, details: '100% completed, 1 succeed' };
      const took = { netTimeTook: 4.142, grossTimeTook: 4.142 };
      expect(toHkubeProgress(body, SUBMITTED)).to.deep.equal({ ...body, data, ...took });
      expect(toHkubeStatus(body, SUBMITTED)).to.deep.equal({
        ...body,
        data,
        ...took,
        timestamp: Date.parse(TIMESTAMP),
        startTime: SUBMITTED,
      });
    });

    it('tells of no single tasks, and keeps why it failed', () => {
      const failed = { error: 'boom', nodeName: 'green', tasks: [{ nodeName: 'green', status: 'failed' as const }] };
      const body: ProgressBody = { ...head, level: 'critical', status: 'failed', ...failed };
      expect(toHkubeProgress(body, SUBMITTED)).to.deep.equal({
        ...head,
        level: 'error',
        status: 'failed',
        error: 'boom',
        nodeName: 'green',
      });
    });

    it('tells the same numbers as the contract', () => {
      fc.assert(
        fc.property(progress, ({ counts: all, body }) => {
          const { data } = toHkubeProgress(body, SUBMITTED);
          const { pending, creating, ...others } = all;
          const expected = Object.entries({ ...others, creating: creating + pending }).filter(([, count]) => count > 0);
          expect(data?.states).to.deep.equal(Object.fromEntries(expected));
          expect(data?.progress).to.equal(Number(body.data.progress));
          expect(data?.progress === 100).to.equal(finishedTasks(all) === allTasks(all));
          expect(data?.details).to.equal(
            [
              `${String(data?.progress)}% completed`,
              ...Object.entries(data?.states ?? {}).map(([state, count]) => `${String(count)} ${state}`),
            ].join(', '),
          );
        }),
      );
    });
  });

  describe('of results', () => {
    it('numbers the items of a batch', () => {
      const data: ResultEntry[] = [
        { nodeName: 'green', batchID: 'green#1', algorithmName: 'green-alg', result: 10 },
        { nodeName: 'green', batchID: 'green#2', algorithmName: 'green-alg', error: 'boom' },
        { nodeName: 'white', algorithmName: 'black-alg', result: 'x' },
      ];
      const body: ResultBody = { ...head, status: 'completed', data };
      const sent = {
        ...head,
        status: 'completed',
        data: [
          { nodeName: 'green', batchIndex: 1, algorithmName: 'green-alg', result: 10 },
          { nodeName: 'green', batchIndex: 2, algorithmName: 'green-alg', error: 'boom' },
          { nodeName: 'white', algorithmName: 'black-alg', result: 'x' },
        ],
        timeTook: 4.142,
      };
      expect(toHkubeResult(body, SUBMITTED)).to.deep.equal(sent);
      expect(toHkubeResults(body, SUBMITTED)).to.deep.equal({
        ...sent,
        timestamp: Date.parse(TIMESTAMP),
        startTime: SUBMITTED,
      });
    });

    it('have null for data where there is none, and no list of failures', () => {
      const failures = [{ nodeName: 'green', error: 'boom' }];
      const failed: ResultBody = { ...head, status: 'failed', error: 'boom', nodeName: 'green', failures };
      expect(toHkubeResult(failed, SUBMITTED)).to.deep.equal({
        ...head,
        status: 'failed',
        data: null,
        error: 'boom',
        nodeName: 'green',
        timeTook: 4.142,
      });
      expect(toHkubeResults(failed, SUBMITTED).data).to.equal(null);
      const stopped: ResultBody = { ...head, status: 'stopped', reason: 'enough' };
      expect(toHkubeResult(stopped, SUBMITTED)).to.include({ data: null, reason: 'enough' });
      expect(toHkubeResults(stopped, SUBMITTED)).not.to.have.property('data');
    });

    it('of what is large have words for people, where there is room for them', () => {
      const info = { isBigData: true as const, size: 545_000, url: 'http://pipelines.example/1' };
      const text = JSON.stringify({
        ...head,
        status: 'completed',
        data: [{ nodeName: 'a', algorithmName: 'alg', info }],
      });
      const sent = JSON.parse(toHkubeResultText(text, SUBMITTED, 1_000)) as ResultBody;
      expect(sent.data?.[0]?.info).to.deep.equal({
        ...info,
        message: 'data too large (532.2 KB), use the stream api',
      });
      const short = JSON.parse(toHkubeResultText(text, SUBMITTED, 10)) as ResultBody;
      expect(short.data?.[0]?.info).to.deep.equal(info);
    });

    it('are the contract again, whatever they hold', () => {
      fc.assert(
        fc.property(result, fc.constantFrom(0, 10_000), (body, limit) => {
          const sent = JSON.parse(toHkubeResultText(JSON.stringify(body), SUBMITTED, limit)) as ResultBody;
          expect(sent).not.to.deep.equal(body);
          expect(fromSentResult(sent)).to.deep.equal(body);
          expect(fromSentResult(body)).to.equal(body);
        }),
      );
    });

    it('are no longer than the contract has them, but for the time that it took', () => {
      fc.assert(
        fc.property(result, (body) => {
          const text = JSON.stringify(body);
          expect(toHkubeResultText(text, SUBMITTED, 0).length).to.be.at.most(text.length + 32);
        }),
      );
    });

    it('begin alike where they are read from blobs', () => {
      const part = { nodeName: 'green', algorithmName: 'green-alg', isBatch: true, runs: [] };
      expect(headIn('contract')(part, 6)).to.deep.equal({
        nodeName: 'green',
        batchID: 'green#7',
        algorithmName: 'green-alg',
      });
      expect(JSON.stringify(headIn('hkube')(part, 6))).to.equal(
        '{"nodeName":"green","batchIndex":7,"algorithmName":"green-alg"}',
      );
    });
  });

  describe('of a job', () => {
    const job = (level: string) =>
      new Engine(
        {
          name: 'batch',
          nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
          options: { progressVerbosityLevel: level },
        },
        { dialect: 'hkube' },
      ).start();
    const told = ({ received }: Engine) =>
      received.map((body) => `${body.status} ${toHkubeProgress(body, SUBMITTED).level}`);

    it('has no warnings, and counts a failed item as any change', () => {
      const atInfo = job('info').drain();
      atInfo.end('green#1', { error: 'boom' });
      expect(told(atInfo.pass(1_000))).to.deep.equal(['pending info', 'active info']);
      const atDebug = job('debug').drain();
      atDebug.end('green#1', { error: 'boom' });
      expect(told(atDebug.pass(1_000)).at(-1)).to.equal('active debug');
      expect(atDebug.received.at(-1)?.data?.details).to.include('1 failed');
    });

    it('tells a trace subscriber what one at debug is told', () => {
      const [atTrace, atDebug] = ['trace', 'debug'].map((level) => {
        const engine = job(level).drain();
        for (const task of ['green#1', 'green#2']) {
          engine.end(task, { result: 1 });
          engine.pass(1_000);
        }
        return engine.received.map((body) => toHkubeProgress(body, SUBMITTED));
      });
      expect(atTrace).to.deep.equal(atDebug).and.to.have.length.greaterThan(2);
    });

    it("tells of the engine's failure at error, and so nothing to who asks for worse", () => {
      for (const [level, expected] of [
        ['error', ['failed error']],
        ['critical', []],
      ] as const) {
        const engine = job(level).drain();
        engine.apply({ type: 'engineFailed', error: 'lost' });
        expect(told(engine.drain())).to.deep.equal(expected);
      }
    });

    it('goes on in another run of its workflow', () => {
      const engine = job('info').drain();
      engine.continueRun();
      engine.end('green#1', { error: 'boom' });
      engine.drain();
      expect(engine.received.some(({ level }) => level === 'warn')).to.equal(false);
    });
  });

  it('of a test send is that of the webhooks', () => {
    const at = Date.parse(TIMESTAMP);
    expect(sampleBody('result', at, 'hkube')).to.include({ timeTook: 0 });
    expect(sampleBody('progress', at, 'hkube')).to.have.nested.property('data.progress', 100);
    expect(sampleBody('progress', at, 'contract')).to.deep.equal(sampleBody('progress', at));
  });
});
