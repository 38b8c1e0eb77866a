import { expect } from 'chai';
import { withDefaults } from '../../src/domain/defaults';
import type { Pipeline } from '../../src/domain/pipeline';
import { parsePipeline } from '../../src/domain/validate';

const NODE = { nodeName: 'a', algorithmName: 'alg' } as const;

describe('the stored form of a pipeline', () => {
  it("has HKube's defaults behind what is given", () => {
    expect(JSON.stringify(withDefaults({ name: 'p', nodes: [NODE] }))).to.equal(
      JSON.stringify({
        name: 'p',
        nodes: [{ ...NODE, kind: 'algorithm', input: [], minStatelessCount: 0 }],
        options: { batchTolerance: 80, progressVerbosityLevel: 'info', ttl: 3_600 },
        kind: 'batch',
        experimentName: 'main',
        priority: 3,
      }),
    );
  });

  it('keeps what is given as it is, in its order', () => {
    const given = {
      priority: 1,
      options: { ttl: 0, batchTolerance: 0, progressVerbosityLevel: 'warning' },
      experimentName: 'mine',
      kind: 'batch',
      tags: [],
      nodes: [
        {
          input: ['@flowInput'],
          minStatelessCount: 2,
          kind: 'algorithm',
          ...NODE,
          retry: { limit: 1, policy: 'Never' },
        },
      ],
      flowInput: null,
      name: 'p',
      webhooks: {},
    } as const;
    expect(JSON.stringify(withDefaults(given))).to.equal(JSON.stringify(given));
  });

  it('fills in a retry and options that are given in part', () => {
    const { nodes, options } = withDefaults({
      name: 'p',
      options: { ttl: 5 },
      nodes: [
        { ...NODE, retry: { limit: 9 } },
        { ...NODE, nodeName: 'b', retry: {} },
      ],
    });
    expect(nodes.map(({ retry }) => retry)).to.deep.equal([
      { limit: 9, policy: 'OnCrash' },
      { policy: 'OnCrash', limit: 3 },
    ]);
    expect(options).to.deep.equal({ ttl: 5, batchTolerance: 80, progressVerbosityLevel: 'info' });
  });

  it('says of a cron that it is not enabled, where it does not say that it is', () => {
    const cronOf = (cron: { pattern: string; enabled?: boolean }): unknown =>
      withDefaults({ name: 'p', nodes: [NODE], triggers: { pipelines: ['q'], cron } }).triggers;
    expect(cronOf({ pattern: '0 * * * *' })).to.deep.equal({
      pipelines: ['q'],
      cron: { pattern: '0 * * * *', enabled: false },
    });
    expect(cronOf({ enabled: true, pattern: '0 * * * *' })).to.have.nested.property('cron.enabled', true);
    expect(withDefaults({ name: 'p', nodes: [NODE], triggers: {} }).triggers).to.deep.equal({});
  });

  it('is the same again, valid, and leaves the argument alone', () => {
    const given: Pipeline = { name: 'p', nodes: [{ ...NODE, retry: {} }] };
    const copy = structuredClone(given);
    const once = withDefaults(given);
    expect(given).to.deep.equal(copy);
    expect(JSON.stringify(withDefaults(once))).to.equal(JSON.stringify(once));
    expect(parsePipeline(once).pipeline).to.deep.equal(once);
  });

  it('keeps keys that are named as parts of every object', () => {
    const text = '{"__proto__":1,"constructor":2,"name":"p","nodes":[]}';
    const stored = JSON.stringify(withDefaults(JSON.parse(text) as Pipeline));
    expect(stored).to.match(/^\{"__proto__":1,"constructor":2,"name":"p","nodes":\[\],"options":/);
  });
});
