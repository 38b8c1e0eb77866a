import { expect } from 'chai';
import { planNodes } from '../../src/domain/graph';
import { edgesOf } from '../../src/domain/graph-edges';
import type { Json } from '../../src/domain/json';

describe('the edges of a graph', () => {
  const edges = (...inputs: readonly (readonly Json[])[]) =>
    edgesOf(
      planNodes({
        name: 'p',
        nodes: inputs.map((input, position) => ({
          nodeName: `n${String(position)}`,
          algorithmName: 'green-alg',
          input,
        })),
      }),
    );

  const batch: readonly Json[] = ['#[1,2]'];

  it("say how a node is read in HKube's words", () => {
    expect(edges(batch, ['@n0'], ['#@n0'], ['*@n0'])).to.deep.equal([
      { from: 'n0', to: 'n1', value: { types: ['waitNode', 'input'] } },
      { from: 'n0', to: 'n2', value: { types: ['waitBatch', 'input'] } },
      { from: 'n0', to: 'n3', value: { types: ['waitAny', 'input'] } },
    ]);
  });

  it('are one for each pair, however often it is read', () => {
    expect(edges(batch, [{ a: '@n0.x', b: ['*@n0', '@n0'] }])).to.deep.equal([
      { from: 'n0', to: 'n1', value: { types: ['waitNode', 'input', 'waitAny'] } },
    ]);
  });

  it('are none for the flow input and for literals', () => {
    expect(edges([1, 'x', '@flowInput.a'])).to.deep.equal([]);
  });
});
