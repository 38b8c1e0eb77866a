import { expect } from 'chai';
import type { BlockInput, ItemOutcome } from '../../src/domain/block';
import { PipelineError } from '../../src/domain/errors';
import type { NodeState } from '../../src/domain/job';
import type { Json } from '../../src/domain/json';
import { parsePipeline } from '../../src/domain/validate';
import { Engine, itemsOf, type Item } from '../support/engine';
import { GRAMMAR } from '../support/grammar';
import { GRAMMAR_ALGORITHMS, grammarPipeline } from '../support/grammar-scene';

/** Runs a pipeline to its end, and notes what the node under test was given. */
function run(document: object): { engine: Engine; last: NodeState; got: Map<number, Json> } {
  const engine = new Engine(document).start();
  const got = new Map<number, Json>();
  const outcomeOf = ({ nodeName, batchIndex = 0, input }: Item): ItemOutcome => {
    if (nodeName !== 'last') return answer(input as readonly Json[]);
    expect(got.has(batchIndex)).to.equal(false);
    got.set(batchIndex, input);
    return { result: input };
  };
  for (let [block] = engine.running; block !== undefined; [block] = engine.running) {
    const input = JSON.parse(JSON.stringify(block.input)) as BlockInput;
    engine.end(block, ...itemsOf({ ...block, input }).map(outcomeOf));
  }
  const last = engine.job.nodes.find(({ plan }) => plan.nodeName === 'last');
  if (last === undefined) throw new Error('there is no node under test');
  return { engine, last, got };
}

function answer(input: readonly Json[]): ItemOutcome {
  try {
    return { result: GRAMMAR_ALGORITHMS['answer-alg'](input) };
  } catch (error) {
    return { error: String(error) };
  }
}

function refusalOf(document: unknown): object {
  try {
    parsePipeline(document);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const { code, message, details } = error;
    return { code, message, ...(details !== undefined && { details }) };
  }
  throw new Error('it was taken');
}

describe('the input grammar', () => {
  for (const [group, rows] of Object.entries(GRAMMAR)) {
    describe(group, () => {
      for (const row of rows) {
        const [what, input, expected] = row;
        const pipeline = grammarPipeline(row, group === 'cartesian' ? group : undefined);
        const title = `${what}: ${JSON.stringify(input).slice(0, 100)}`;
        if ('refusal' in expected) {
          it(`refuses ${title}`, () => {
            expect(refusalOf(pipeline)).to.deep.equal(expected.refusal);
          });
          continue;
        }
        it(title, () => {
          for (const nodes of [pipeline.nodes, [...pipeline.nodes].reverse()]) {
            const { engine, last, got } = run({ ...pipeline, nodes });
            expect(engine.job.status).to.equal('completed');
            if ('task' in expected) {
              expect(last.plan.isBatch).to.equal(false);
              expect([...got]).to.deep.equal([[0, expected.task]]);
              continue;
            }
            expect(last.plan.isBatch).to.equal(true);
            expect(last.width).to.equal(expected.tasks.length);
            expect(expected.tasks.map((_, index) => got.get(index + 1) ?? null)).to.deep.equal(expected.tasks);
            const skipped = expected.tasks.length - got.size;
            expect(last.counts).to.include({ succeed: got.size, skipped: Math.max(skipped, got.size === 0 ? 1 : 0) });
          }
        });
      }
    });
  }
});
