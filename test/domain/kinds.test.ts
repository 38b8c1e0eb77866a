import { expect } from 'chai';
import type { Json } from '../../src/domain/json';
import { withoutLaterFields, hasLaterFields } from '../../src/domain/earlier-documents';
import { Engine, type Item } from '../support/engine';

const node = (nodeName: string, ...input: Json[]) => ({ nodeName, algorithmName: 'alg', input });
const echo = ({ input }: Item) => ({ result: input });
const statuses = (engine: Engine) => engine.drain().received.map(({ status }) => status);

describe('an edge', () => {
  it('has its target wait, which reads nothing of it', () => {
    const engine = new Engine({
      name: 'p',
      nodes: [node('b', 1), node('a', '#[1,2]')],
      edges: [{ source: 'a', target: 'b' }],
    }).start();
    expect(engine.summaries()).to.deep.equal(['a#1', 'a#2']);
    engine.end('a#1', { result: 1 });
    expect(engine.summaries()).to.deep.equal(['a#2']);
    engine.end('a#2', { error: 'tolerated' });
    expect(engine.summaries()).to.deep.equal(['b']);
    expect(engine.run(echo).record().results.data).to.deep.equal([
      { nodeName: 'b', algorithmName: 'alg', result: [1] },
    ]);
  });

  it('has items wait for the whole batch that they read one by one', () => {
    const nodes = [node('a', '#[1,2]'), node('b', '*@a')];
    const engine = new Engine({ name: 'p', nodes, edges: [{ source: 'a', target: 'b' }] }).start();
    engine.end('a#1', { result: 1 });
    expect(engine.summaries()).to.deep.equal(['a#2']);
    engine.end('a#2', { result: 2 });
    expect(engine.summaries()).to.deep.equal(['b#1', 'b#2']);
  });
});

describe('an output', () => {
  it('is run by no algorithm, and has its input for a result', () => {
    const home = { kind: 'http', url: 'http://host/', timeoutMs: 1 } as const;
    const nodes = [node('a', 1), { nodeName: 'o', kind: 'output', input: ['@a', { all: ['@a'] }] }];
    const engine = new Engine({ name: 'p', nodes }, { homes: { output: home } }, false, ['output']).start();
    engine.end('a', { result: 7 });
    const block = engine.find('o');
    expect(block.input).to.include({ algorithmName: 'output', output: true });
    expect([block.input.http, block.isHere]).to.deep.equal([undefined, undefined]);
    expect(engine.run(echo).record().results.data).to.deep.equal([
      { nodeName: 'o', algorithmName: 'output', result: [7, { all: [7] }] },
    ]);
  });
});

describe('the active ttl of a job', () => {
  const document = { name: 'p', nodes: [node('a', 1)], options: { activeTtl: 5, ttl: 0 } };

  it('ends it as the other does, counted from when it was first active', () => {
    const engine = new Engine(document);
    engine.apply({ type: 'queued' });
    engine.now += 60_000;
    engine.apply({ type: 'tick' });
    expect(engine.job.status).to.equal('pending');
    engine.start();
    engine.continueRun();
    engine.now += 4_999;
    engine.apply({ type: 'tick' });
    expect(engine.job.status).to.equal('active');
    engine.apply({ type: 'pause' });
    engine.now += 1;
    engine.apply({ type: 'tick' });
    expect(engine.record().results).to.include({ status: 'stopped', reason: 'pipeline expired' });
  });

  it('is none where it is null, or the other ends before it', () => {
    const other = new Engine({ ...document, options: { activeTtl: null, ttl: 0 } }).start();
    other.now += 1_000_000_000;
    other.apply({ type: 'tick' });
    expect(other.job.status).to.equal('active');
    const earlier = new Engine({ ...document, options: { activeTtl: 50, ttl: 2 } }).start();
    earlier.now += 2_000;
    earlier.apply({ type: 'tick' });
    expect(earlier.job.status).to.equal('stopped');
  });
});

describe('a job that waits for its turn', () => {
  const document = { name: 'p', nodes: [node('a', 1)], options: { ttl: 60 }, webhooks: { progress: 'http://host/' } };

  it('is pending, and told so once', () => {
    const engine = new Engine(document);
    engine.apply({ type: 'queued' });
    expect(statuses(engine)).to.deep.equal(['pending']);
    expect(engine.running).to.deep.equal([]);
    engine.continueRun();
    engine.start().run(echo);
    expect(statuses(engine)).to.deep.equal(['pending', 'active', 'completed']);
  });

  it('can be stopped, and expires', () => {
    const stopped = new Engine(document);
    stopped.apply({ type: 'queued' });
    stopped.apply({ type: 'pause' });
    stopped.apply({ type: 'stop', reason: 'enough' });
    expect(statuses(stopped)).to.deep.equal(['pending', 'stopped']);
    const expired = new Engine(document);
    expired.apply({ type: 'queued' });
    expired.now += 60_000;
    expired.apply({ type: 'tick' });
    expect(expired.record().status).to.include({ status: 'stopped', reason: 'pipeline expired' });
  });
});

describe('a document of an earlier version', () => {
  it('is read without what that version has not read', () => {
    const nodes = [{ ...node('a', 1), spec: 1, stateType: 'x', origName: 2, other: 3 }];
    const options = { ttl: 5, activeTtl: 'x', concurrentPipelines: 7, debugOverride: ['a'], other: 1 };
    const document = { name: 'p', nodes, options, edges: 5, streaming: { flows: {} }, other: 1 };
    expect(hasLaterFields(document)).to.equal(true);
    const earlier = withoutLaterFields(document);
    expect(earlier).to.deep.equal({
      name: 'p',
      other: 1,
      options: { ttl: 5, other: 1 },
      nodes: [{ ...node('a', 1), other: 3 }],
    });
    expect(hasLaterFields(earlier)).to.equal(false);
    expect([null, [], { nodes: 1, options: null }, { nodes: [null] }].map(hasLaterFields)).to.not.include(true);
  });
});
