import { expect } from 'chai';
import { PipelineError } from '../../src/domain/errors';
import type { Json } from '../../src/domain/json';
import type { Pipeline } from '../../src/domain/pipeline';
import { mergeStoredRun } from '../../src/domain/stored-run';

const STORED = {
  name: 'p',
  nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#@flowInput.list'] }],
  flowInput: { list: [1, 2], other: { a: 1 } },
  webhooks: { progress: 'http://a/progress', result: 'http://a/result' },
  options: { ttl: 60, batchTolerance: 50 },
  priority: 2,
  tags: ['x', 'y', 'z'],
} as const satisfies Pipeline;

/** The merged text, since the order of keys counts. */
const merged = (request: unknown, stored: Pipeline = STORED): string => JSON.stringify(mergeStoredRun(stored, request));

function refusal(request: unknown): unknown {
  try {
    return mergeStoredRun(STORED, request);
  } catch (error) {
    return error instanceof PipelineError && `${error.code}: ${error.message}`;
  }
}

describe('a run of a stored pipeline', () => {
  it('is the pipeline itself where nothing else is asked for', () => {
    expect(merged({ name: 'p' })).to.equal(JSON.stringify(STORED));
  });

  it('takes options and webhooks key by key, and keeps the order of keys', () => {
    const request = { options: { ttl: 5, progressVerbosityLevel: 'debug' }, webhooks: { result: 'http://b' } };
    expect(merged({ name: 'p', ...request, description: 'new' })).to.equal(
      JSON.stringify({
        ...STORED,
        webhooks: { progress: 'http://a/progress', result: 'http://b' },
        options: { ttl: 5, batchTolerance: 50, progressVerbosityLevel: 'debug' },
        description: 'new',
      }),
    );
  });

  it('replaces the flow input as a whole', () => {
    for (const flowInput of [{ list: [3] }, {}, [], null, 0, 'text'] satisfies Json[]) {
      expect(mergeStoredRun(STORED, { name: 'p', flowInput })).to.deep.equal({ ...STORED, flowInput });
    }
    const { flowInput: _, ...bare } = STORED;
    expect(merged({ flowInput: 1 }, bare)).to.equal(JSON.stringify({ ...bare, flowInput: 1 }));
  });

  it('merges arrays by index, and what is in them', () => {
    expect(mergeStoredRun(STORED, { tags: ['a'] }))
      .to.have.property('tags')
      .deep.equal(['a', 'y', 'z']);
    expect(mergeStoredRun(STORED, { tags: ['a', 'b', 'c', 'd'] }))
      .to.have.property('tags')
      .with.length(4);
    expect(mergeStoredRun(STORED, { tags: [] }))
      .to.have.property('tags')
      .deep.equal(STORED.tags);
    const stored = { ...STORED, other: { list: [{ a: 1, b: 1 }, 2] } };
    expect(mergeStoredRun(stored, { other: { list: [{ b: 2 }] } })).to.deep.include({
      other: { list: [{ a: 1, b: 2 }, 2] },
    });
  });

  it('takes the value of the request where the kinds differ, null too', () => {
    for (const value of [null, 1, 'text', false, [1]] satisfies Json[]) {
      expect(mergeStoredRun(STORED, { options: value }))
        .to.have.property('options')
        .deep.equal(value);
    }
    expect(mergeStoredRun(STORED, { tags: { 0: 'a' } }))
      .to.have.property('tags')
      .deep.equal({ 0: 'a' });
    expect(mergeStoredRun(STORED, { priority: [] }))
      .to.have.property('priority')
      .deep.equal([]);
  });

  it('changes neither the pipeline nor the request', () => {
    const stored = structuredClone<Pipeline>(STORED);
    const request = { options: { ttl: 1 }, tags: ['a'], extra: { b: 1 } };
    const before = structuredClone(request);
    mergeStoredRun(stored, request);
    expect(stored).to.deep.equal(STORED);
    expect(request).to.deep.equal(before);
  });

  it('takes __proto__ and constructor for names like any other', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"name":"p"}';
    const once = mergeStoredRun(STORED, JSON.parse(text));
    const stored = {
      ...STORED,
      options: JSON.parse('{"__proto__":{"a":1},"ttl":1}') as Pipeline['options'],
    } as Pipeline;
    const twice = mergeStoredRun(stored, JSON.parse('{"options":{"__proto__":{"polluted":1},"constructor":2}}'));
    expect({}).to.not.have.property('polluted');
    expect(Object).to.not.have.property('polluted');
    expect(once).to.not.have.property('polluted');
    expect(Object.keys(once as object)).to.include.members(['__proto__', 'constructor']);
    expect(JSON.stringify((twice as Pipeline).options)).to.equal(
      '{"__proto__":{"a":1,"polluted":1},"ttl":1,"constructor":2}',
    );
  });

  it('is refused with nodes, or where the request is no object', () => {
    const nodes = 'InvalidPipeline: data should NOT have additional properties (nodes)';
    expect(refusal({ name: 'p', nodes: [] })).to.equal(nodes);
    for (const request of [null, undefined, 'p', 1, []]) {
      expect(refusal(request)).to.equal('InvalidPipeline: data should be object');
    }
  });

  it('takes a request of any depth', () => {
    const depth = 100_000;
    const deep = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as Json;
    expect(mergeStoredRun(STORED, { options: deep, extra: deep })).to.have.property('extra', deep);
  });
});
