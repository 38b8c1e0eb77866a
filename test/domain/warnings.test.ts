import { expect } from 'chai';
import { Engine } from '../support/engine';

describe('warnings', () => {
  /** A batch that may lose every item. */
  const job = (items: number, level = 'info') =>
    new Engine(
      {
        name: 'batch',
        nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [`#[1...${String(items)}]`] }],
        options: { batchTolerance: 100, progressVerbosityLevel: level },
      },
      { window: items },
    ).start();
  const fail = (engine: Engine, from: number, to: number) => {
    for (let index = from; index <= to; index++) engine.end(`green#${String(index)}`, { error: 'boom' });
  };
  const sizes = (engine: Engine) =>
    engine.received.filter(({ level }) => level === 'warn').map(({ tasks }) => tasks?.length);
  const hundred = Array.from({ length: 100 }, () => 1);

  it('are told one by one up to the hundredth, then once an interval', () => {
    const engine = job(200).drain();
    fail(engine, 1, 100);
    expect(sizes(engine.drain())).to.deep.equal(hundred);
    fail(engine, 101, 101);
    expect(sizes(engine.drain())).to.deep.equal([...hundred, 1]);
    fail(engine, 102, 111);
    expect(sizes(engine.pass(999))).to.deep.equal([...hundred, 1]);
    fail(engine, 112, 112);
    expect(sizes(engine.pass(1))).to.deep.equal([...hundred, 1, 11]);
    expect(engine.received.at(-1)).to.deep.include({ level: 'warn', status: 'active' });
    expect(sizes(engine.pass(60_000))).to.have.length(102);
  });

  it('are first in the next trace event as well', () => {
    const engine = job(150, 'trace');
    fail(engine, 1, 100);
    engine.drain().end('green#101', { result: 0 });
    fail(engine, 102, 102);
    engine.pass(1_000);
    expect(
      engine.received.slice(-2).map(({ level, tasks }) => [level, tasks?.map(({ status }) => status)]),
    ).to.deep.equal([
      ['warn', ['failed']],
      ['trace', [...hundred.map(() => 'failed'), 'failed', 'succeed']],
    ]);
  });

  for (const level of ['trace', 'debug', 'info', 'warn']) {
    it(`that wait for their interval are told before the end, to a subscriber at ${level}`, () => {
      const engine = job(150, level);
      fail(engine, 1, 149);
      engine.drain().end('green#150', { result: 0 });
      engine.drain();
      const warnings = engine.received.filter((event) => event.level === 'warn').flatMap(({ tasks }) => tasks ?? []);
      const warned = new Set(warnings.filter((task) => task.status === 'failed').map((task) => task.batchID));
      expect(warned.size).to.equal(149);
      expect(engine.received.at(-1)?.status).to.equal(level === 'warn' ? 'active' : 'completed');
    });
  }

  it('that wait are told before a stop and before a failure as well', () => {
    for (const event of [
      { type: 'stop', reason: 'enough' } as const,
      { type: 'engineFailed', error: 'lost' } as const,
    ]) {
      const engine = job(150);
      fail(engine, 1, 149);
      engine.apply(event);
      expect(sizes(engine.drain())).to.deep.equal([...hundred, 49]);
      expect(engine.received.at(-2)).to.deep.include({ level: 'warn', status: 'active' });
      expect(engine.received.at(-2)?.data?.details).to.equal('99.33% completed, 149 failed, 1 active');
    }
  });
});
