import { expect } from 'chai';
import { toKeywordList } from '../workflows/search-attributes';

describe('a keyword list', () => {
  it('is what it was where the server takes that', () => {
    expect(toKeywordList([])).to.deep.equal([]);
    expect(toKeywordList(['b', 'a', 'é "x"'])).to.deep.equal(['b', 'a', 'é "x"']);
  });

  for (const [what, values] of [
    ['many values', Array.from({ length: 50_000 }, (_, index) => `value-${String(index)}`)],
    ['values that are long as JSON', Array.from({ length: 300 }, () => '"\u0001é')],
    ['one that is too long by itself', ['x'.repeat(3_000)]],
  ] as const) {
    it(`ends with a mark where it is cut: ${what}`, () => {
      const listed = toKeywordList(values);
      expect(listed.at(-1)).to.equal('…');
      expect(listed.slice(0, -1)).to.deep.equal(values.slice(0, listed.length - 1));
      expect(Buffer.byteLength(JSON.stringify(listed))).to.be.at.most(2_048);
    });
  }

  it('holds as much as fits', () => {
    const values = Array.from({ length: 500 }, () => 'abcd');
    expect(Buffer.byteLength(JSON.stringify(toKeywordList(values)))).to.be.within(1_980, 2_048);
  });
});
