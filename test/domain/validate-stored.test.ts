import { expect } from 'chai';
import { parsePipeline } from '../../src/domain/validate';

describe('a pipeline whose flow input lies in a blob', () => {
  const blob = { store: 's', key: 'a/b', size: 1 };
  const elements = [{ path: ['list'], chunks: [[blob, 3] as const, [blob, 2] as const] }];
  const nodes = [{ nodeName: 'a', algorithmName: 'a', input: ['#@flowInput.list', '@flowInput.other'] }];
  const document = { name: 'p', nodes };

  it('is taken by its arrays, whose lengths are known', () => {
    const { plans } = parsePipeline({ ...document, flowInput: null }, { maxBatch: 5, flowInput: { blob, elements } });
    expect(plans).to.have.lengthOf(1);
  });

  it('is refused where they are wider than it may be, or one is missing', () => {
    const limits = { maxBatch: 4, flowInput: { blob, elements } };
    expect(() => parsePipeline(document, limits)).to.throw('node "a" has a batch of 5 items, at most 4 are taken');
    const none = { maxBatch: 4, flowInput: { blob, elements: [] } };
    expect(() => parsePipeline(document, none)).to.throw('settings.flowInput has no elements of flowInput.list');
  });
});
