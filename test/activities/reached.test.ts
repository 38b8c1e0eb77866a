import { expect } from 'chai';
import { ReachedOutcomes } from '../../activities/reached';

describe('what the items of a block have come to', () => {
  function reached(...ends: readonly (string | { error: string } | undefined)[]): ReachedOutcomes {
    const outcomes = new ReachedOutcomes();
    ends.forEach(() => outcomes.begin());
    ends.forEach((end, position) => {
      if (end !== undefined) outcomes.end(position, end);
    });
    return outcomes;
  }

  it('is told of those that have ended, by their places', () => {
    const told = reached('1', undefined, { error: 'no' }, undefined).toEnded();
    expect(told).to.deep.equal([
      [0, { result: 1 }],
      [2, { error: 'no' }],
    ]);
  });

  it('is told of as many as there is room for, the first ones', () => {
    const text = JSON.stringify('x'.repeat(50));
    const all = reached('1', undefined, text, text);
    expect(all.toEnded(120).map(([position]) => position)).to.deep.equal([0, 2]);
    expect(all.toEnded(200).map(([position]) => position)).to.deep.equal([0, 2, 3]);
    expect(all.toEnded(0)).to.deep.equal([]);
  });
});
