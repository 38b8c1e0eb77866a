import { expect } from 'chai';
import { PipelineError } from '../../src/domain/errors';
import type { Json } from '../../src/domain/json';
import { MONTHS_RULE } from '../../src/domain/triggers';
import { parsePipeline } from '../../src/domain/validate';

/** A pipeline of one node that nothing is wrong with; each row of a table breaks one thing of it. */
const green = { nodeName: 'green', algorithmName: 'green-alg' };
const pipeline = (rest: object = {}) => ({ name: 'p', nodes: [green], ...rest });
const withNode = (rest: object) => pipeline({ nodes: [{ ...green, ...rest }] });
const withNodes = (...inputs: [nodeName: string, ...input: Json[]][]) =>
  pipeline({ nodes: inputs.map(([nodeName, ...input]) => ({ nodeName, algorithmName: 'a', input })) });
const nested = (depth: number): Json => {
  let value: Json = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
};

function refusal(document: unknown): PipelineError {
  try {
    parsePipeline(document);
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

function table(what: string, rows: [unknown, string][]): void {
  describe(what, () => {
    for (const [document, message] of rows) {
      it(message, () => {
        expect(refusal(document)).to.include({ code: 'InvalidPipeline', message });
      });
    }
  });
}

describe('parsePipeline refuses', () => {
  table('what is no object', [
    [undefined, 'data should be object'],
    [null, 'data should be object'],
    [[], 'data should be object'],
    ['text', 'data should be object'],
    [1, 'data should be object'],
  ]);

  table('a pipeline whose fields are wrong', [
    [{ nodes: [] }, `data should have required property 'name'`],
    [{ name: 'p' }, `data should have required property 'nodes'`],
    [pipeline({ name: 5 }), 'data.name should be string'],
    [pipeline({ name: '' }), 'data.name should NOT be shorter than 1 characters'],
    [pipeline({ name: 'p'.repeat(201) }), 'data.name should NOT be longer than 200 characters'],
    [pipeline({ name: 'a/b' }), 'pipeline name must contain only alphanumeric, dash, dot or underscore'],
    [pipeline({ nodes: {} }), 'data.nodes should be array'],
    [pipeline({ nodes: [] }), 'pipeline must have at least one node'],
    [pipeline({ webhooks: null }), 'data.webhooks should be object'],
    [pipeline({ webhooks: { a: 1 } }), 'data.webhooks should NOT have additional properties (a)'],
    [
      pipeline({ webhooks: JSON.parse('{"__proto__":1}') as Json }),
      'data.webhooks should NOT have additional properties (__proto__)',
    ],
    [pipeline({ webhooks: { progress: 1 } }), 'data.webhooks.progress should be string'],
    [pipeline({ webhooks: { result: 'no_such_url' } }), 'data.webhooks.result should match format "url"'],
    [pipeline({ webhooks: { progress: 'ftp://host/' } }), 'data.webhooks.progress should match format "url"'],
    [pipeline({ webhooks: { progress: 'http://a b/' } }), 'data.webhooks.progress should match format "url"'],
    [pipeline({ options: [] }), 'data.options should be object'],
    [pipeline({ options: { batchTolerance: -1 } }), 'data.options.batchTolerance should be >= 0'],
    [pipeline({ options: { batchTolerance: 101 } }), 'data.options.batchTolerance should be <= 100'],
    [pipeline({ options: { batchTolerance: 2.5 } }), 'data.options.batchTolerance should be integer'],
    [
      pipeline({ options: { progressVerbosityLevel: 'loud' } }),
      'data.options.progressVerbosityLevel should be equal to one of the allowed values (trace,debug,info,warn,error,critical,warning)',
    ],
    [pipeline({ options: { ttl: '1' } }), 'data.options.ttl should be integer'],
    [pipeline({ options: { ttl: 1e300 } }), 'data.options.ttl should be <= 315360000'],
    [pipeline({ priority: 0 }), 'data.priority should be >= 1'],
    [pipeline({ priority: 6 }), 'data.priority should be <= 5'],
    [pipeline({ tags: 'a' }), 'data.tags should be array'],
    [pipeline({ tags: ['ok', ''] }), 'data.tags[1] should NOT be shorter than 1 characters'],
    [pipeline({ tags: ['a'.repeat(33)] }), 'data.tags[0] should NOT be longer than 32 characters'],
    [pipeline({ description: {} }), 'data.description should be string'],
    [pipeline({ kind: 'stream' }), 'data.kind "stream" is not supported, only "batch" is'],
  ]);

  const algorithmNameRule = 'algorithm name must contain only lower-case alphanumeric, dash or dot';
  table('a node whose fields are wrong', [
    [pipeline({ nodes: [null] }), 'data.nodes[0] should be object'],
    [pipeline({ nodes: [green, { algorithmName: 'a' }] }), `data.nodes[1] should have required property 'nodeName'`],
    [pipeline({ nodes: [{ nodeName: 'green' }] }), 'please provide algorithm name'],
    [withNode({ nodeName: '' }), 'data.nodes[0].nodeName should NOT be shorter than 1 characters'],
    [withNode({ algorithmName: '' }), 'data.nodes[0].algorithmName should NOT be shorter than 1 characters'],
    [
      withNode({ algorithmName: 'a'.repeat(33) }),
      'data.nodes[0].algorithmName should NOT be longer than 32 characters',
    ],
    [withNode({ algorithmName: 'Green' }), algorithmNameRule],
    [withNode({ algorithmName: '-a' }), algorithmNameRule],
    [withNode({ input: {} }), 'data.nodes[0].input should be array'],
    [withNode({ kind: 'gateway' }), 'data.nodes[0].kind "gateway" is not supported, only "algorithm" is'],
    [withNode({ ttl: -1 }), 'data.nodes[0].ttl should be >= 0'],
    [
      withNode({ retry: { policy: 'Sometimes' } }),
      'data.nodes[0].retry.policy should be equal to one of the allowed values (Never,Always,OnError,OnCrash)',
    ],
    [withNode({ retry: { limit: 0 } }), 'data.nodes[0].retry.limit should be >= 1'],
    [
      withNode({ batchOperation: 'zip' }),
      'data.nodes[0].batchOperation should be equal to one of the allowed values (indexed,cartesian)',
    ],
    [withNode({ includeInResults: 'yes' }), 'data.nodes[0].includeInResults should be boolean'],
  ]);

  const billion = 1_000_000_000;
  table('a graph that could not run', [
    [withNodes(['a'], ['a']), 'found duplicate node "a"'],
    [withNodes(['flowInput']), 'pipeline "p" has invalid reserved name "flowInput"'],
    [withNodes(['dataSource']), 'pipeline "p" has invalid reserved name "dataSource"'],
    [withNodes(['a'], ['b', '@c']), 'node "b" is depend on node "c" which is not exists'],
    [withNodes(['a', '@flowInput']), 'unable to find flowInput'],
    [{ ...withNodes(['a', { x: ['#@flowInput.a.b'] }]), flowInput: { a: {} } }, 'unable to find flowInput.a.b'],
    [{ ...withNodes(['a', '@flowInput.constructor']), flowInput: {} }, 'unable to find flowInput.constructor'],
    [withNodes(['a', '#[1']), 'input "#[1" is not a batch: it has no closing bracket'],
    [withNodes(['a'], ['b', '*@a']), 'node "b" uses *@a but node "a" is not a batch'],
    [
      {
        name: 'p',
        nodes: [
          { nodeName: 'a', algorithmName: 'alg', input: ['#[1]'] },
          { nodeName: 'b', algorithmName: 'alg', input: ['*@a', '#[1]'], batchOperation: 'cartesian' },
        ],
      },
      'node "b" uses *@a, which goes with batchOperation "indexed" only',
    ],
    [withNodes(['a', '*#@a']), 'input "*#@a" is not allowed: *@ and # can not be combined'],
    [
      withNodes(['a', `#[1...${String(billion)}]`]),
      `node "a" has a batch of ${String(billion)} items, at most 10000000 are taken`,
    ],
    [
      pipeline({ nodes: [{ ...green, input: ['#[1...10000]', '#[1...10000]'], batchOperation: 'cartesian' }] }),
      'node "green" has a batch of 100000000 items, at most 10000000 are taken',
    ],
  ]);

  const cycles: [ReturnType<typeof withNodes>, string[]][] = [
    [withNodes(['a', '@a']), ['a', 'a']],
    [withNodes(['a', '@b'], ['b', '@a']), ['a', 'b', 'a']],
    [withNodes(['x'], ['a', '@x', '@c'], ['b', '@a'], ['c', '#@b.y']), ['a', 'b', 'c', 'a']],
  ];
  for (const [document, cycle] of cycles) {
    it(`the cycle ${cycle.join(' → ')}, and names it`, () => {
      const { message, details } = refusal(document);
      expect(message).to.equal('cyclic nodes are not allowed on batch pipeline');
      expect(details).to.deep.equal(cycle);
    });
  }

  const triggers: [unknown, string][] = [
    [1, 'data.triggers should be object'],
    [{ cronn: {} }, 'data.triggers should NOT have additional properties (cronn)'],
    [{ pipelines: 'a' }, 'data.triggers.pipelines should be array'],
    [{ pipelines: [''] }, 'data.triggers.pipelines[0] should NOT be shorter than 1 characters'],
    [
      { pipelines: ['b', 'a', 'c', 'a', 'a'] },
      'data.triggers.pipelines should NOT have duplicate items (items ## 4 and 3 are identical)',
    ],
    [{ cron: {} }, "data.triggers.cron should have required property 'pattern'"],
    [{ cron: { pattern: '' } }, 'data.triggers.cron.pattern should NOT be shorter than 1 characters'],
    [{ cron: { pattern: 'soon' } }, 'data.triggers.cron.pattern should match format "cron"'],
    [{ cron: { pattern: '0 0 1 1 *' } }, `data.triggers.cron.pattern ${MONTHS_RULE}`],
    [{ cron: { pattern: '0 * * * *', enabled: 1 } }, 'data.triggers.cron.enabled should be boolean'],
  ];
  for (const [given, message] of triggers) {
    it(message, () => {
      expect(refusal(pipeline({ triggers: given })).message).to.equal(message);
    });
  }

  it('no triggers of a job, which an earlier version may have taken', () => {
    for (const [given] of triggers) {
      const document = pipeline({ triggers: given });
      expect(parsePipeline(document, { maxBatch: 10, ignoresTriggers: true }).pipeline).to.equal(document);
    }
  });

  const tooDeep: [string, unknown][] = [
    ['data.nodes[0].input', withNode({ input: [nested(10_000)] })],
    ['data.flowInput', pipeline({ flowInput: nested(10_000) })],
    ['data.triggers.cron.other', pipeline({ triggers: { cron: { pattern: '0 * * * *', other: nested(10_000) } } })],
    ['data.nodes[0].extraData', withNode({ extraData: nested(10_000) })],
    ['data.options.other', pipeline({ options: { other: nested(10_000) } })],
  ];
  for (const [at, document] of tooDeep) {
    it(`${at} nested 10,000 deep, without overflowing on it`, () => {
      expect(refusal(document).message).to.equal(`${at} should NOT be nested deeper than 200 levels`);
    });
  }

  it('an element of a raw batch nested 10,000 deep, without overflowing on it', () => {
    const written = `#[1,${'['.repeat(10_000)}${']'.repeat(10_000)}]`;
    expect(refusal(withNodes(['a', written])).message).to.match(/^input "#\[1,\[+…" should NOT be nested deeper than/);
  });
});

describe('parsePipeline takes', () => {
  it('the least there can be', () => {
    const { pipeline: taken, plans } = parsePipeline(pipeline());
    expect(taken).to.deep.equal(pipeline());
    expect(plans).to.have.length(1);
    expect(plans[0]).to.deep.include({
      input: { kind: 'literal', value: [] },
      isBatch: false,
      batchOperation: 'indexed',
      parents: [],
      included: true,
      retry: { policy: 'OnCrash', limit: 3 },
    });
  });

  const taken: [string, unknown][] = [
    ['unknown keys, and keeps them', withNode({ extraData: { a: 1 } })],
    ['a colon in the name', pipeline({ name: 'a:b-c_d.e' })],
    ['warning for warn', pipeline({ options: { progressVerbosityLevel: 'warning' } })],
    ['a ttl without limit', pipeline({ options: { ttl: -1 } })],
    ['a flow input that is null', { ...withNodes(['a', '@flowInput']), flowInput: null }],
    ['a value of the flow input that is null', { ...withNodes(['a', '@flowInput.x']), flowInput: { x: null } }],
    ['nodes that are written before what they read', withNodes(['b', '@a'], ['a'])],
    ['a batch of the widest kind', withNodes(['a', '#[1...10000000]'])],
    ['200 levels', pipeline({ flowInput: nested(200) })],
    ['200,000 batch forms in one node', withNodes(['a', ...Array.from({ length: 200_000 }, () => '#[1]')])],
  ];
  for (const [what, document] of taken) {
    it(what, () => {
      expect(parsePipeline(document).pipeline).to.equal(document);
    });
  }

  it('a ttl of seconds, where 0 is no limit', () => {
    const limits = [2, 0].map((ttl) => parsePipeline(withNode({ ttl })).plans[0]?.itemTtlMs);
    expect(limits).to.deep.equal([2_000, undefined]);
  });

  it('a chain of 500 nodes', () => {
    const chain = Array.from({ length: 500 }, (_, index): [string, Json] => {
      return [`n${String(index)}`, index === 499 ? '#[1]' : `@n${String(index + 1)}`];
    });
    const { plans } = parsePipeline(withNodes(...chain));
    expect(plans.filter((plan) => plan.included).map((plan) => plan.nodeName)).to.deep.equal(['n0']);
  });
});

describe('a pipeline whose flow input lies in a blob', () => {
  const blob = { store: 's', key: 'a/b', size: 1 };
  const elements = [{ path: ['list'], chunks: [[blob, 3] as const, [blob, 2] as const] }];
  const document = withNodes(['a', '#@flowInput.list', '@flowInput.other']);

  it('is taken by its arrays, whose lengths are known', () => {
    const { plans } = parsePipeline({ ...document, flowInput: null }, { maxBatch: 5, flowInput: { blob, elements } });
    expect(plans).to.have.lengthOf(1);
  });

  it('is refused where they are wider than it may be, or one is missing', () => {
    const limits = { maxBatch: 4, flowInput: { blob, elements } };
    expect(() => parsePipeline(document, limits)).to.throw('node "a" has a batch of 5 items, at most 4 are taken');
    const none = { maxBatch: 4, flowInput: { blob, elements: [] } };
    expect(() => parsePipeline(document, none)).to.throw('settings.flowInput has no elements of flowInput.list');
  });
});
