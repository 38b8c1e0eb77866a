import { expect } from 'chai';
import fc from 'fast-check';
import { runFrom } from '../../src/domain/later-run';
import type { Json } from '../../src/domain/json';
import { outputsOf } from '../../src/domain/outputs-of';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { parseSettings } from '../../src/domain/settings';
import { Engine, type Item } from '../support/engine';

const node = (nodeName: string, ...input: Json[]): PipelineNode => ({ nodeName, algorithmName: 'alg', input });

describe('a part of a pipeline', () => {
  const nodes = [node('a', 1), node('b', '#@a'), node('c', '@b', '@a.x'), node('d', '@c', '*@e'), node('e', '#[1,2]')];
  const edges = [
    { source: 'a', target: 'e' },
    { source: 'c', target: 'd' },
  ];
  const pipeline: Pipeline = { name: 'p', nodes, edges, options: { ttl: 5 }, tags: ['t'] };

  it('is the node with all that come after it, under a name of both', () => {
    expect(runFrom({ ...pipeline, nodes: nodes.slice(0, 3), edges: [] }, 'c')).to.deep.equal({
      pipeline: { name: 'p-c', nodes: [nodes[2]], edges: [], options: { ttl: 5 }, tags: ['t'] },
      outside: ['a', 'b'],
    });
    const { pipeline: part, outside } = runFrom(pipeline, 'a');
    expect([part.name, part.nodes, part.edges, outside]).to.deep.equal(['p-a', nodes, edges, []]);
  });

  it('has a name that a pipeline can have', () => {
    const long = { name: 'x'.repeat(150), nodes: [node(`ü b/${'y'.repeat(100)}`)] };
    expect(runFrom(long, long.nodes[0]?.nodeName ?? '').pipeline.name).to.match(/^x{150}---b-y{45}$/);
  });

  it('is refused of a node that is not there, and where it would read items one by one', () => {
    expect(() => runFrom(pipeline, 'x')).to.throw('cant find relations for x');
    expect(() => runFrom(pipeline, 'c')).to.throw('relation waitAny for node d is not allowed');
    expect(() => runFrom(pipeline, 'b')).to.throw('relation waitAny for node d is not allowed');
  });

  it('can be of a part, whose own outputs were given', () => {
    const { pipeline: part, outside } = runFrom({ name: 'p', nodes: nodes.slice(0, 3) }, 'c');
    expect(runFrom(part, 'c', outside).outside).to.deep.equal(['a', 'b']);
  });
});

const nodeAt = (position: number): fc.Arbitrary<PipelineNode> => {
  const names = Array.from({ length: position }, (_, index) => `n${String(index)}`);
  const forms: Json[] = [
    1,
    '@flowInput',
    '#[1,2,"fail"]',
    '#[]',
    '#@flowInput.l',
    ...names.flatMap((name) => [`@${name}`, `@${name}.v`, `#@${name}`, `#@${name}.l`, `@${name}.l.0`]),
  ];
  return fc
    .array(
      fc.constantFrom(...forms).chain((form) => fc.constantFrom<Json>(form, { x: [form] })),
      { minLength: 1, maxLength: 3 },
    )
    .map((input) => node(`n${String(position)}`, ...input));
};

describe('any part of any pipeline', function () {
  this.timeout(60_000);

  it('answers what the whole has answered, with what that has put out', () => {
    const scenario = fc.record({
      nodes: fc
        .integer({ min: 1, max: 6 })
        .chain((size) => fc.tuple(...Array.from({ length: size }, (_, position) => nodeAt(position)))),
      from: fc.nat(),
      stores: fc.boolean(),
    });
    fc.assert(
      fc.property(scenario, ({ nodes, from, stores }) => {
        const whole = { name: 'p', nodes, flowInput: { l: ['x', 'y'] }, options: { batchTolerance: 100 } };
        const engine = new Engine(whole, {}, stores).start().run(answer);
        if (engine.job.status !== 'completed') return;
        const nodeName = `n${String(from % nodes.length)}`;
        const { pipeline, outside } = runFrom(whole, nodeName);
        // As it travels from one job to the other.
        const outputs = JSON.parse(JSON.stringify(outputsOf(engine.job, outside))) as never;
        parseSettings({ outputs });
        const part = new Engine(pipeline, { outputs }, stores).start().run(answer);
        const names = new Set(pipeline.nodes.map((one) => one.nodeName));
        const of = ({ job }: Engine): unknown =>
          job.nodes
            .filter(({ plan }) => names.has(plan.nodeName) && plan.included)
            .map(({ plan }) => plan.nodeName)
            .flatMap((name) => engine.record().results.data?.filter((entry) => entry.nodeName === name));
        expect(part.record().results.data).to.deep.equal(of(part));
        // The counts are those of its own nodes.
        expect(part.job.counts.creating).to.equal(0);
        part.continueRun();
        expect(outputsOf(part.job, outside)).to.deep.equal(outputs);
      }),
      { numRuns: 400 },
    );
  });
});

function answer({ input }: Item): { readonly result: Json } | { readonly error: string } {
  return (input as Json[]).includes('fail') ? { error: 'failed' } : { result: { v: input, l: [input, 1] } };
}
