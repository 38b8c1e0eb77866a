import { expect } from 'chai';
import fc from 'fast-check';
import { isLongText, longTextToJson } from '../../activities/long-text';

describe('a long text as JSON', () => {
  it('is what JSON.stringify answers, wherever it is cut', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\n', '\u0001', '😀', '\ud83d', '\ude00'),
    );
    const text = fc.array(unit).map((units) => units.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 9 }), (given, piece) => {
        expect(longTextToJson(given, piece).toString()).to.equal(JSON.stringify(given));
      }),
    );
  });

  it('is one of eight million characters or more', () => {
    expect(isLongText('x'.repeat(8_000_000))).to.equal(true);
    expect(isLongText('x'.repeat(7_999_999))).to.equal(false);
    expect(isLongText([])).to.equal(false);
    const long = 'ü😀"'.repeat(2_500_000);
    expect(longTextToJson(long).equals(Buffer.from(JSON.stringify(long)))).to.equal(true);
  });
});
