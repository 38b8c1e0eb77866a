import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/domain/errors';
import { inlinePipelines, refuseCircle, subPipelinesOf } from '../../src/domain/inline-pipelines';
import type { Json } from '../../src/domain/json';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { parseDefinition, parsePipeline } from '../../src/domain/validate';
import { Engine, type Item } from '../support/engine';

const node = (nodeName: string, ...input: Json[]): PipelineNode => ({ nodeName, algorithmName: 'alg', input });
const stands = (nodeName: string, name: string, input?: readonly Json[], rest: object = {}): PipelineNode => {
  return { nodeName, kind: 'pipeline', spec: { name }, ...(input && { input }), ...rest };
};
const pipeline = (name: string, nodes: readonly PipelineNode[], rest: Partial<Pipeline> = {}): Pipeline => {
  return { name, nodes, ...rest };
};

/** As the starter does it: what its caller wrote is checked first, and what runs after. */
function inline(outer: Pipeline, ...stored: readonly Pipeline[]): Pipeline {
  parseDefinition(outer);
  const done = inlinePipelines(outer, (name) => {
    const found = stored.find((one) => one.name === name);
    if (found === undefined) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
    return found;
  });
  parsePipeline(done);
  return done;
}

const inputsOf = ({ nodes }: Pipeline): Record<string, unknown> =>
  Object.fromEntries(nodes.map(({ nodeName, input }) => [nodeName, input]));

function refusalOf(outer: Pipeline, ...stored: readonly Pipeline[]): string {
  try {
    inline(outer, ...stored);
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

/** What the nodes named so have put out, each task's input. */
function run(document: Pipeline, names: readonly string[]): Json[] {
  const engine = new Engine(document).start().run(({ input, nodeName }: Item) => {
    if (JSON.stringify(input).includes('fail')) return { error: nodeName };
    return { result: (input as Json[])[0] ?? null };
  });
  const { data = [], status } = engine.record().results;
  expect(status).to.equal('completed');
  return names.map((name) => {
    return data
      .filter(({ nodeName }) => nodeName === name)
      .map(({ result, error }) => result ?? { error: error ?? null });
  });
}

describe('a pipeline within another', () => {
  const inner = pipeline('inner', [node('a', '@flowInput.x', '@flowInput'), node('b', '@a.y', ['#@a.list'])]);

  it('stands in the place of its node, under names of both', () => {
    const options = { ttl: 5 };
    const stored = { ...inner, options, webhooks: { result: 'http://host/' }, flowInput: { x: 1 } };
    const outer = pipeline('p', [stands('o', 'inner', [{ x: 7 }]), node('c', '@o', '@o.z.0', '#@o')]);
    expect(inline(outer, stored)).to.deep.equal({
      name: 'p',
      nodes: [
        { ...node('o-a', 7, { x: 7 }), origName: 'a' },
        { ...node('o-b', '@o-a.y', ['#@o-a.list']), origName: 'b' },
        node('c', '@o-b', '@o-b.z.0', '#@o-b'),
      ],
    });
  });

  it('reads the flow input that is stored with it, where its node has no input', () => {
    const flowInput = { x: { deep: [1, 'two'] }, list: [1, 'a...b', '1...3', { k: ',]' }], none: [], text: 't' };
    const stored = pipeline(
      'inner',
      [node('a', '@flowInput.x', '#@flowInput.list', '#@flowInput.none', '#@flowInput.text', { l: '@flowInput.list' })],
      { flowInput },
    );
    const outer = pipeline('p', [stands('o', 'inner')], { flowInput: { x: 'the outer one' } });
    expect(run(inline(outer, stored), ['o-a'])).to.deep.equal(run({ ...stored, name: 'q' }, ['a']));
  });

  it('follows a reference that its node is given, and the paths behind it', () => {
    const outer = pipeline(
      'p',
      [node('s', 1), stands('o', 'inner', ['@s.q']), stands('f', 'inner', [{ x: '@flowInput.v', deep: ['@s'] }])],
      { flowInput: { v: { list: [] } } },
    );
    expect(inputsOf(inline(outer, inner))).to.deep.include({
      'o-a': ['@s.q.x', '@s.q'],
      'f-a': ['@flowInput.v', { x: '@flowInput.v', deep: ['@s'] }],
    });
    const lists = pipeline('inner', [node('a', '#@flowInput.l', '#@flowInput.r', '@flowInput.r.0')]);
    const given = pipeline('p', [node('s', 1), stands('o', 'inner', [{ l: [1, '2'], r: '@s' }])]);
    expect(inputsOf(inline(given, lists))['o-a']).to.deep.equal(['#[1,"2"]', '#@s', '@s.0']);
  });

  it('is read by its sinks: an array of several, in their order', () => {
    const two = pipeline('two', [node('s', 1), node('t', '@s'), node('u', '#@s')]);
    const outer = pipeline('p', [stands('o', 'two'), node('c', { all: '@o' }, '@o.1.x', '#@o.0.l')]);
    const { nodes, edges } = inline(outer, two);
    expect(nodes.at(-1)?.input).to.deep.equal([{ all: ['@o-t', '@o-u'] }, '@o-u.x', '#@o-t.l']);
    expect(edges).to.deep.equal([
      { source: 'o-t', target: 'c' },
      { source: 'o-u', target: 'c' },
    ]);
    expect(run(inline(pipeline('p', [stands('o', 'two'), node('c', '@o')]), two), ['c'])).to.deep.equal([[[1, []]]]);
  });

  it('begins after what its node waits for, and ends before who waits for its node', () => {
    const free = pipeline('free', [node('x', 1), node('y', '@x'), node('z', 2)]);
    const outer = pipeline('p', [node('s', 1), stands('o', 'free', ['@s']), node('c', 3), node('d', 4)], {
      edges: [
        { source: 'o', target: 'c' },
        { source: 'd', target: 'o' },
      ],
    });
    expect(inline(outer, free).edges).to.have.deep.members([
      { source: 'o-y', target: 'c' },
      { source: 'o-z', target: 'c' },
      { source: 'd', target: 'o-x' },
      { source: 'd', target: 'o-z' },
      { source: 's', target: 'o-x' },
      { source: 's', target: 'o-z' },
    ]);
    const first = new Engine(inline(outer, free)).start();
    expect(first.summaries()).to.deep.equal(['s', 'd']);
  });

  it('may itself contain others, and its output is a node like any other', () => {
    const deepest = pipeline('deepest', [node('x', '@flowInput'), { nodeName: 'o', kind: 'output', input: ['@x'] }]);
    const middle = pipeline('middle', [stands('m', 'deepest', ['@flowInput.v'])]);
    const nodes = [node('s', 1), stands('a', 'middle', ['@s']), stands('b', 'middle', [{ v: 2 }])];
    const outer = pipeline('p', [...nodes, { nodeName: 'out', kind: 'output', input: ['@a', '@b.0'] }]);
    const done = inline(outer, middle, deepest);
    expect(inputsOf(done)).to.deep.equal({
      s: [1],
      'a-m-x': ['@s.v'],
      'a-m-o': ['@a-m-x'],
      'b-m-x': [2],
      'b-m-o': ['@b-m-x'],
      out: ['@a-m-o', '@b-m-o.0'],
    });
    expect(done.nodes.map(({ origName }) => origName)).to.deep.equal([undefined, 'x', 'o', 'x', 'o', undefined]);
  });

  it('gives its sinks to the result where its node is to be in it', () => {
    const outer = pipeline('p', [stands('o', 'inner', [{ x: 1 }], { includeInResults: true }), node('c', '@o')]);
    expect(inline(outer, inner).nodes.map(({ includeInResults }) => includeInResults)).to.deep.equal([
      undefined,
      true,
      undefined,
    ]);
  });

  it('is read item by item where its one sink is a batch', () => {
    const batch = pipeline('batch', [node('i', '#[1,2]')]);
    expect(inputsOf(inline(pipeline('p', [stands('o', 'batch'), node('c', '*@o.x')]), batch))).to.deep.include({
      c: ['*@o-i.x'],
    });
    const single = pipeline('single', [node('i', 1)]);
    expect(refusalOf(pipeline('p', [stands('o', 'single'), node('c', '*@o')]), single)).to.equal(
      'node "c" uses *@o-i but node "o-i" is not a batch',
    );
  });

  const two = pipeline('two', [node('t', 1), node('u', 2)]);
  const path = pipeline('path', [node('a', '@flowInput.x')]);
  const each = pipeline('each', [node('a', '#@flowInput')]);
  const refusals: [what: string, outer: readonly PipelineNode[], message: string][] = [
    ['that is not there', [stands('o', 'none')], 'pipeline none Not Found'],
    ['whose node has a dot', [stands('o.p', 'two')], 'node "o.p" of kind "pipeline" should NOT have a dot in its name'],
    ['that would take the name of a node', [stands('o', 'two'), node('o-t', 1)], 'found duplicate node "o-t"'],
    [
      'whose sinks are read as one',
      [stands('o', 'two'), node('c', '@o.value')],
      'node "c" reads @o.value, but pipeline "two" has several sinks: read one of "o-t", "o-u", as @o.0',
    ],
    [
      'whose sinks are taken apart',
      [stands('o', 'two'), node('c', '#@o')],
      'node "c" reads #@o, but pipeline "two" has several sinks: read one of "o-t", "o-u", as @o.0',
    ],
    ['that lacks a flow input', [stands('o', 'path')], 'unable to find flowInput.x of node "o"'],
    ['that is not given it', [stands('o', 'path', [{ y: 1 }])], 'unable to find flowInput.x of node "o"'],
    [
      'that goes into a batch',
      [node('b', '#[1,2]'), stands('o', 'path', ['@b'])],
      'node "o" gives pipeline "path" the outputs of the batch "b", which @flowInput.x can not take apart',
    ],
    [
      'that takes a batch apart',
      [node('b', '#[1,2]'), stands('o', 'each', ['@b'])],
      'node "o" gives pipeline "each" the outputs of the batch "b", which #@flowInput can not take apart',
    ],
    [
      'that takes references apart',
      [node('b', 1), stands('o', 'each', [['@b', 2]])],
      'node "o" gives pipeline "each" an array of references, which #@flowInput can not take apart',
    ],
    [
      'with a text that would be a reference',
      [stands('o', 'special')],
      'the flow input of pipeline "special" has the text "@x", which would be read as a reference within node "o"',
    ],
  ];
  const special = pipeline('special', [node('a', '@flowInput')], { flowInput: { deep: ['@x'] } });
  for (const [what, nodes, message] of refusals) {
    it(`is refused ${what}`, () => {
      expect(refusalOf(pipeline('p', nodes), two, path, each, special)).to.equal(message);
    });
  }

  it('is refused where it contains itself', () => {
    const one = pipeline('one', [stands('a', 'other')]);
    const other = pipeline('other', [stands('b', 'one')]);
    const details = ['one', 'other', 'one'];
    expect(() => inline(pipeline('p', [stands('o', 'one')]), one, other))
      .to.throw('pipeline "one" contains itself')
      .that.deep.includes({ details });
    const known = new Map([one, other].map((each) => [each.name, each]));
    expect(() => refuseCircle(one, known))
      .to.throw('pipeline "one" contains itself')
      .that.deep.includes({ details });
    refuseCircle(pipeline('p', [stands('o', 'none'), stands('q', 'two')]), new Map([['two', two]]));
  });

  it('is refused before it grows beyond all bounds', () => {
    const doubled = Array.from({ length: 40 }, (_, index) => {
      const next = `p${String(index + 1)}`;
      return pipeline(`p${String(index)}`, index === 39 ? [node('x', 1)] : [stands('a', next), stands('b', next)]);
    });
    expect(refusalOf(pipeline('p', [stands('o', 'p0')]), ...doubled)).to.match(/has more than 5000 nodes/);
  });

  it('is found by its name, once', () => {
    expect(
      subPipelinesOf(pipeline('p', [stands('a', 'x'), node('b', 1), stands('c', 'x'), stands('d', 'y')])),
    ).to.deep.equal(['x', 'y']);
  });
});

const nodesOf = (letter: string, size: number): fc.Arbitrary<PipelineNode[]> => {
  const at = (position: number): fc.Arbitrary<PipelineNode> => {
    const names = Array.from({ length: position }, (_, index) => `${letter}${String(index)}`);
    const forms: Json[] = [
      1,
      'fail',
      '@flowInput',
      '@flowInput.v',
      '#@flowInput.l',
      { x: ['@flowInput.l.0'] },
      '#[1,2]',
      ...names.flatMap((name) => [`@${name}`, `@${name}.v`, `#@${name}`, `#@${name}.l`]),
    ];
    return fc
      .array(fc.constantFrom(...forms), { minLength: 1, maxLength: 3 })
      .map((input) => node(`${letter}${String(position)}`, ...input));
  };
  return fc.tuple(...Array.from({ length: size }, (_, position) => at(position)));
};

describe('any pipeline within another', function () {
  this.timeout(60_000);

  it('answers what it answers by itself with the flow input that it is given', () => {
    const flowInput = { v: { l: [1, 2] }, l: ['a', { v: 3 }], s: { v: 4, l: [] } };
    const scenario = fc.record({
      nodes: fc.integer({ min: 1, max: 4 }).chain((size) => nodesOf('i', size)),
      given: fc.constantFrom<readonly Json[] | undefined>(undefined, [flowInput], ['@flowInput'], ['@source']),
    });
    fc.assert(
      fc.property(scenario, ({ nodes, given }) => {
        const inner = pipeline('inner', nodes, { flowInput, options: { batchTolerance: 100 } });
        const alone = new Engine(inner).start().run(answer);
        const outer = pipeline('p', [node('source', flowInput), stands('o', 'inner', given)], {
          flowInput,
          options: { batchTolerance: 100 },
        });
        const within = new Engine(inline(outer, inner)).start().run(answer);
        const of = (engine: Engine, prefix: string): unknown =>
          engine.record().results.data?.flatMap(({ nodeName, result, error }) => {
            return nodeName.startsWith(prefix) ? [[nodeName.slice(prefix.length), result, error]] : [];
          });
        expect(within.record().results.status).to.equal(alone.record().results.status);
        expect(of(within, 'o-')).to.deep.equal(of(alone, ''));
      }),
      { numRuns: 200 },
    );
  });
});

/** What it was given, so that all that differs shows. */
function answer({ input, nodeName }: Item): { readonly result: Json } | { readonly error: string } {
  if (nodeName === 'source') return { result: (input as Json[])[0] ?? null };
  return (input as Json[]).includes('fail') ? { error: 'failed' } : { result: { v: input, l: [input, 1] } };
}
