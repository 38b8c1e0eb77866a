import { expect } from 'chai';
import { PipelineError } from '../../src/domain/errors';
import type { Pipeline } from '../../src/domain/pipeline';
import { splitByChain } from '../../src/domain/stored-start';
import { refuseTriggerCycle, triggersTree, type Triggered } from '../../src/domain/triggers';

const triggered = (name: string, ...pipelines: string[]): Triggered => ({ name, triggers: { pipelines } });
const pipeline = (name: string, ...pipelines: string[]): Pipeline => ({ name, nodes: [], triggers: { pipelines } });

function refusal(work: () => unknown): PipelineError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
}

describe('triggers of pipelines', () => {
  const cycles: [string, Pipeline, Triggered[], string[]][] = [
    ['of itself', pipeline('a', 'a'), [], ['a', 'a']],
    ['of two', pipeline('a', 'b'), [triggered('b', 'a')], ['a', 'b', 'a']],
    [
      'of three, each triggering the next',
      pipeline('a', 'x', 'c'),
      [triggered('b', 'a'), triggered('c', 'y', 'b'), triggered('x', 'y')],
      ['a', 'b', 'c', 'a'],
    ],
    ['that a change closes', pipeline('a', 'b'), [triggered('a', 'z'), triggered('b', 'a')], ['a', 'b', 'a']],
  ];
  for (const [what, one, stored, cycle] of cycles) {
    it(`are refused where they make a cycle ${what}`, () => {
      expect(refusal(() => refuseTriggerCycle(one, stored))).to.deep.include({
        code: 'InvalidPipeline',
        message: 'the pipelines triggers is cyclic',
        details: cycle,
      });
    });
  }

  it('are taken where they make none', () => {
    const stored = [triggered('b', 'a'), triggered('c', 'a', 'b'), triggered('a', 'd')];
    for (const one of [pipeline('d', 'x'), pipeline('e', 'a', 'b', 'c'), pipeline('a'), pipeline('c', 'a')]) {
      expect(refusal(() => refuseTriggerCycle(one, stored))).to.equal(undefined);
    }
  });

  it('a chain of ten thousand is looked through', () => {
    const stored = Array.from({ length: 10_000 }, (_, index) =>
      triggered(`p${String(index + 1)}`, `p${String(index)}`),
    );
    const found = refusal(() => refuseTriggerCycle(pipeline('p0', 'p10000'), stored));
    expect(found?.details).to.have.length(10_002);
  });

  describe('as a tree', () => {
    const stored = [triggered('b', 'a'), triggered('c', 'a'), triggered('d', 'b', 'x'), { name: 'e', triggers: {} }];

    it('have those that nothing triggers as roots', () => {
      const d = { name: 'd', children: [] };
      expect(triggersTree(stored)).to.deep.equal([
        {
          name: 'a',
          children: [
            { name: 'b', children: [d] },
            { name: 'c', children: [] },
          ],
        },
        { name: 'x', children: [d] },
      ]);
      expect(triggersTree(stored, 'b')).to.deep.equal([{ name: 'b', children: [d] }]);
    });

    const refused: [string, Triggered[], string | undefined, object][] = [
      [
        'there are none',
        [{ name: 'e', triggers: {} }],
        'e',
        { code: 'InvalidPipeline', message: 'unable to find any pipeline with triggers' },
      ],
      ['the name is in none', stored, 'e', { code: 'NotFound', message: 'triggers tree e Not Found' }],
      [
        'there is a cycle',
        [triggered('a', 'b'), triggered('b', 'a'), triggered('c', 'x')],
        undefined,
        { code: 'InvalidPipeline', message: 'the pipelines triggers is cyclic', details: ['a', 'b'] },
      ],
    ];
    for (const [what, given, name, error] of refused) {
      it(`are refused where ${what}`, () => {
        expect(refusal(() => triggersTree(given, name))).to.deep.include(error);
      });
    }

    it('are refused where their ways meet so often that it would fill the memory', () => {
      const layers = Array.from({ length: 40 }, (_, index) => [
        triggered(`l${String(index + 1)}`, `l${String(index)}`, `r${String(index)}`),
        triggered(`r${String(index + 1)}`, `l${String(index)}`, `r${String(index)}`),
      ]).flat();
      expect(refusal(() => triggersTree(layers))?.message).to.equal('the triggers tree has more than 10000 names');
    });
  });

  it('go on only to who has not led to them', () => {
    expect(splitByChain(['a', 'b', 'c'], ['c', 'x', 'a'])).to.deep.equal({ free: ['b'], cyclic: ['a', 'c'] });
  });
});
