import { expect } from 'chai';
import type { Json } from '../../src/domain/json';
import { Engine } from '../support/engine';

const node = (nodeName: string, ...input: Json[]) => ({ nodeName, algorithmName: `${nodeName}-alg`, input });
const pipeline = (options: object, ...nodes: object[]) => ({ name: 'batch', nodes, options });
const green = (items: number, options: object) => pipeline(options, node('green', `#[1...${String(items)}]`));
const statuses = (engine: Engine) => engine.received.map(({ level, status }) => `${level} ${status}`);
const boom = { error: 'boom' };

const JOB = '"jobId":"batch:672a8b0e-c0b0-486e-bb2b-4571b0805f29"';
const AT = '"timestamp":"2018-01-16T14:47:04.142Z","pipeline":"batch"';

describe('a node that is no batch', () => {
  it('fails its job with its own error, whatever the tolerance', () => {
    const engine = new Engine(pipeline({ batchTolerance: 100 }, node('a'), node('b', '@a'))).start();
    engine.end('a', boom);
    const { status, results } = engine.record();
    expect([status, results].map((body) => JSON.stringify(body))).to.deep.equal([
      `{${JOB},${AT},"level":"error","status":"failed","data":{"progress":"50.00","details":"50.00% completed, 1 failed, 1 stopped"},"error":"boom","nodeName":"a"}`,
      `{${JOB},${AT},"status":"failed","error":"boom","nodeName":"a","failures":[{"nodeName":"a","error":"boom"}]}`,
    ]);
    expect(statuses(engine.drain())).to.deep.equal(['info pending', 'info active', 'error failed']);
  });

  for (const [level, expected] of [
    ['warn', ['error failed']],
    ['error', ['error failed']],
    ['critical', []],
  ] as const) {
    it(`tells a subscriber at ${level}: ${expected.join() || 'nothing'}`, () => {
      const engine = new Engine(pipeline({ progressVerbosityLevel: level }, node('a'))).start();
      engine.end('a', boom);
      expect(statuses(engine.drain())).to.deep.equal(expected);
    });
  }
});

describe('the engine', () => {
  it('fails its job critically', () => {
    const engine = new Engine(pipeline({ progressVerbosityLevel: 'critical' }, node('a'))).start();
    engine.apply({ type: 'engineFailed', error: 'too long' });
    expect(statuses(engine.drain())).to.deep.equal(['critical failed']);
    expect(engine.record().results).to.deep.include({ error: 'too long', failures: [] });
  });

  it('fails where a product turns out too wide, and opens nothing more', () => {
    const product = { ...node('b', '#@a', '#@a'), batchOperation: 'cartesian' };
    const engine = new Engine(pipeline({}, node('a'), product, node('c', '@a'))).start();
    engine.end('a', { result: Array.from({ length: 4_000 }, () => 0) });
    expect(engine.record().status).to.deep.include({
      level: 'critical',
      error: 'batch of 16000000 items is wider than 10000000',
      nodeName: 'b',
    });
    expect(engine.record().status.data?.details).to.equal('33.33% completed, 1 succeed, 2 stopped');
    expect(engine.job.counts).to.include({ succeed: 1, stopped: 2, pending: 0, creating: 0 });
  });

  const wide = '字'.repeat(700_000);
  it('fails where an input is over the limit in bytes, though it is under it in characters', () => {
    const engine = new Engine({ ...pipeline({}, node('a', '@flowInput')), flowInput: wide }).start();
    expect(engine.record().status).to.deep.include({ level: 'critical', nodeName: 'a' });
    expect(engine.record().status.error).to.match(/^input of 21\d{5} bytes is larger than 1900000$/);
    expect(engine.summaries()).to.deep.equal([]);
  });

  it('fails where the results are over the limit in bytes', () => {
    const engine = new Engine(pipeline({}, node('a'))).start();
    engine.end('a', { result: wide });
    engine.keepAll();
    expect(engine.record().status).to.deep.include({ level: 'critical', status: 'failed' });
    expect(engine.record().status.error).to.match(/^results of 21\d{5} bytes are larger than 1900000$/);
  });

  it('splits a block whose items fit one by one', () => {
    const flowInput = Array.from({ length: 100 }, (_, index) => `${String(index)}${'x'.repeat(100_000)}`);
    const engine = new Engine({ ...pipeline({}, node('a', '#@flowInput')), flowInput }, { window: 1 }).start();
    const seen: Json[] = [];
    engine.run(({ input }) => {
      seen.push((input as Json[])[0] ?? null);
      return { result: 0 };
    });
    expect(engine.record().status.status).to.equal('completed');
    expect(seen).to.deep.equal(flowInput);
  });
});

describe('batchTolerance', () => {
  /** items, tolerance, the failure at which the job fails; undefined where it completes though all have failed. */
  const boundaries: [number, number, number][] = [
    [5, 0, 1],
    [5, 1, 1],
    [5, 20, 1],
    [5, 21, 2],
    [5, 60, 3],
    [5, 61, 4],
    [5, 80, 4],
    [5, 81, 5],
    [5, 100, 5],
    [3, 33, 1],
    [3, 34, 2],
    [1, 100, 1],
    [50, 58, 29],
    [100, 7, 7],
    [200, 14, 28],
    [500, 80, 400],
  ];
  for (const [items, batchTolerance, fatal] of boundaries) {
    it(`${String(batchTolerance)} of ${String(items)}: failed at failure ${String(fatal)} and not before`, () => {
      const engine = new Engine(green(items, { batchTolerance }), { window: items }).start();
      for (let index = 1; index < fatal; index++) engine.end(`green#${String(index)}`, boom);
      expect(engine.job.status).to.equal('active');
      engine.end(`green#${String(fatal)}`, boom);
      expect(engine.job.status).to.equal('failed');
    });
  }

  it('is 80 by default, and told in the error', () => {
    const engine = new Engine(pipeline({}, node('green', '#[1...5]'))).start().run(() => boom);
    expect(engine.record().results.error).to.equal('4/5 (80%) failed tasks, batch tolerance is 80%, error: boom');
  });

  it('reads as the engine of HKube words it, with the node and the first ten failures', () => {
    const engine = new Engine(green(30, { batchTolerance: 60 }), { window: 30 }).start();
    engine.end('green#30', { result: 0 });
    engine.run(({ batchIndex }) => ({ error: `boom ${String(batchIndex)}` }));
    const { error, nodeName, failures, data } = engine.record().results;
    expect({ error, nodeName, data }).to.deep.equal({
      error: '18/30 (60%) failed tasks, batch tolerance is 60%, error: boom 18',
      nodeName: 'green',
      data: undefined,
    });
    expect(failures).to.deep.equal(
      Array.from({ length: 10 }, (_, index) => {
        const number = String(index + 1);
        return { nodeName: 'green', batchID: `green#${number}`, error: `boom ${number}` };
      }),
    );
    expect(engine.record().status.data?.details).to.equal('63.33% completed, 1 succeed, 18 failed, 11 stopped');
  });

  it('lets a job go on below it: a warning, an entry with the error, a null for who reads the batch', () => {
    const nodes = [
      { ...node('green', '#[1,2,3]'), includeInResults: true },
      node('sum', '@green'),
      node('over', '#@green'),
    ];
    const engine = new Engine(pipeline({ batchTolerance: 34 }, ...nodes)).start();
    engine.end('green#2', boom);
    engine.run(({ input }) => ({ result: input })).drain();
    expect(JSON.stringify(engine.received[2])).to.equal(
      `{${JOB},${AT},"level":"warn","status":"active","data":{"progress":"20.00","details":"20.00% completed, 1 failed, 2 active, 2 creating"},"tasks":[{"nodeName":"green","batchID":"green#2","status":"failed","error":"boom"}]}`,
    );
    expect(engine.record().results.data).to.deep.equal([
      { nodeName: 'green', batchID: 'green#1', algorithmName: 'green-alg', result: [1] },
      { nodeName: 'green', batchID: 'green#2', algorithmName: 'green-alg', error: 'boom' },
      { nodeName: 'green', batchID: 'green#3', algorithmName: 'green-alg', result: [3] },
      { nodeName: 'sum', algorithmName: 'sum-alg', result: [[[1], null, [3]]] },
      { nodeName: 'over', batchID: 'over#1', algorithmName: 'over-alg', result: [[1]] },
      { nodeName: 'over', batchID: 'over#2', algorithmName: 'over-alg', result: [[3]] },
    ]);
  });
});
