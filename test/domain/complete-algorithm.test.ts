import { expect } from 'chai';
import fc from 'fast-check';
import type { AlgorithmDefinition } from '../../src/domain/algorithm-definition';
import { changeAlgorithm, completeAlgorithm } from '../../src/domain/complete-algorithm';
import { parseMemory } from '../../src/domain/memory';
import { semverOf } from '../../src/domain/semver';

describe('a stored algorithm', () => {
  it("has HKube's defaults behind what is given of an image", () => {
    const given = { name: 'a', algorithmImage: 'registry/a:1', cpu: 2, odd: { kept: [1] } };
    expect(JSON.stringify(completeAlgorithm(given))).to.equal(
      JSON.stringify({
        ...given,
        mem: '256Mi',
        type: 'Image',
        minHotWorkers: 0,
        options: { pending: false },
        reservedMemory: '52Mi',
      }),
    );
  });

  it('is stored as it is where it is no image, and completed once', () => {
    const given = { name: 'a', http: { url: 'https://a.example' }, more: 1 };
    expect(completeAlgorithm(given)).to.deep.equal(given);
    const image = completeAlgorithm({
      name: 'a',
      algorithmImage: 'x',
      mem: '1Gi',
      options: { opengl: true, pending: true },
      gitRepository: { url: 'https://git.example/a' },
      type: 'Git',
      baseImage: null,
    });
    expect(image).to.deep.include({
      reservedMemory: '205Mi',
      options: { opengl: true, pending: true },
      type: 'Git',
      gitRepository: { url: 'https://git.example/a' },
    });
    expect(image).to.not.have.property('baseImage');
    expect(JSON.stringify(completeAlgorithm(image))).to.equal(JSON.stringify(image));
  });

  const refusals: [what: string, definition: object, message: string | RegExp][] = [
    ['no home', {}, 'cannot apply algorithm due to missing image url or build data'],
    ['a home that is removed', { algorithmImage: null }, /missing image url/],
    ['two homes', { http: { url: 'x' }, algorithmImage: 'x' }, 'data should have only one of http, algorithmImage'],
    ['a build from git', { gitRepository: { url: 'x' } }, /^builds from a git repository are not supported/],
    ['a build from a file', { fileInfo: { path: 'x' } }, /^builds from uploaded code are not supported/],
    ['too little memory', { algorithmImage: 'x', mem: '3900Ki' }, 'memory must be at least 4 Mi'],
    ['no memory', { algorithmImage: 'x', mem: 'much' }, 'data.mem should be an amount of memory such as 256Mi'],
    ['reserved nonsense', { algorithmImage: 'x', reservedMemory: '1Xi' }, /^data.reservedMemory should be an amount/],
  ];
  for (const [what, definition, message] of refusals) {
    it(`is refused with ${what}`, () => {
      const complete = (): unknown => completeAlgorithm({ name: 'a', ...definition } as AlgorithmDefinition);
      expect(complete).to.throw(message);
    });
  }

  it('is changed in what is given', () => {
    const image = { name: 'a', algorithmImage: 'x:1', cpu: 1, mem: '1Gi', type: 'Image' };
    expect(changeAlgorithm(image, { name: 'a', cpu: 2 })).to.deep.equal({ ...image, cpu: 2 });
    expect(changeAlgorithm(image, { name: 'a', algorithmImage: 'x:2', mem: null })).to.deep.equal({
      ...image,
      algorithmImage: 'x:2',
      mem: null,
    });
    const http = { name: 'a', http: { url: 'https://a.example' } };
    expect(changeAlgorithm(image, http)).to.deep.equal(http);
    expect(() => changeAlgorithm(image, { name: 'a', type: 'Git' })).to.throw(
      'algorithm type cannot be changed from "Image" to "Git"',
    );
  });
});

describe('an amount of memory', () => {
  for (const [text, mi] of [
    ['256Mi', 256],
    ['4194304', 4],
    ['1Gi', 1_024],
    ['2048Ki', 2],
    ['1.5 Gi', 1_536],
    ['1M', 1e6 / 2 ** 20],
    ['0', 0],
  ] as const) {
    it(`of ${text}`, () => expect(parseMemory(text)).to.equal(mi));
  }
  for (const text of ['', 'Mi', '1Xi', '-1Mi', '1e3', '1MiB', '0x10', ' 1', '1ki', '9'.repeat(16)]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(parseMemory(text)).to.equal(undefined));
  }
});

describe('the number that people read of a version', () => {
  it('begins with 1.0.0 and counts each part to 500', () => {
    const numbers = [1, 2, 501, 502, 1_003, 501 * 501, 501 * 501 + 1];
    expect(numbers.map(semverOf)).to.deep.equal(['1.0.0', '1.0.1', '1.0.500', '1.1.0', '1.2.0', '1.500.500', '2.0.0']);
  });

  it('grows with the version', () => {
    const value = (number: number): number => {
      const [major = 0, minor = 0, patch = 0] = semverOf(number).split('.').map(Number);
      return (major * 1_000 + minor) * 1_000 + patch;
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 50_000_000 }), (number) => value(number) < value(number + 1)));
  });
});
