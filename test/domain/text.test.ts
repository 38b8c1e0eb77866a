import { expect } from 'chai';
import { toText } from '../../src/domain/text';
import { isSameUrl } from '../../src/domain/url';

describe('a text', () => {
  const rows: readonly [string, number, string][] = [
    ['as it is ☃ 😀', 100, 'as it is ☃ 😀'],
    ['long', 2, 'lo…'],
    ['a\ud800b', 10, 'a\ufffdb'],
    ['\udc00', 10, '\ufffd'],
    ['😀😀', 3, '😀\ufffd…'],
  ];
  for (const [text, max, expected] of rows) {
    it(`${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () => {
      expect(toText(text, max)).to.equal(expected);
    });
  }
});

describe('two URLs', () => {
  const rows: readonly [string, string, boolean][] = [
    ['http://a.org/x', 'http://a.org/x', true],
    ['http://a.org/x', 'HTTP://A.org:80/x#part', true],
    ['https://a.org', 'https://a.org:443/', true],
    ['https://a.org?q', 'https://a.org/?q', true],
    ['http://a.org/x', 'http://a.org/X', false],
    ['http://a.org/x', 'https://a.org/x', false],
    ['http://a.org/x', 'http://a.org/x?y', false],
    ['http://a.org:443/', 'http://a.org/', false],
  ];
  for (const [one, other, expected] of rows) {
    it(`${one} and ${other} are ${expected ? 'one' : 'two'}`, () => {
      expect(isSameUrl(one, other)).to.equal(expected);
    });
  }
});
