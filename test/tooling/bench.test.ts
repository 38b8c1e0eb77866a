import { expect } from 'chai';
import { evaluate, median } from '../bench/statistics';
import { perSecond, type Row, type Sample } from '../bench/row';

const ROW: Row = { what: 'x', of: 'ours', against: 'bare', value: perSecond, unit: '/s', target: { atLeast: 2 } };

const taking = (...times: number[]): Sample[] => times.map((ms) => ({ ms, count: 1 }));

describe('the numbers of the benchmark', () => {
  it('medians are of sorted numbers, and between the two in the middle', () => {
    expect(median([10, 9, 100])).to.equal(10);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
  });

  it('a ratio is of two runs of one repetition, and only of those that both sides have', () => {
    const samples = new Map([
      ['ours', taking(10, 100, 10)],
      ['bare', taking(10, 400)],
    ]);
    expect(evaluate(ROW, samples)).to.include({ result: 2.5, lowest: 1, highest: 4, repetitions: 2, met: true });
  });

  it('a target of at most is met from below', () => {
    const samples = new Map([['ours', taking(500)]]);
    const row = { what: 'x', of: 'ours', value: perSecond, unit: '/s' };
    expect(evaluate({ ...row, target: { atMost: 2 } }, samples).met).to.equal(true);
    expect(evaluate({ ...row, target: { atMost: 1.9 } }, samples).met).to.equal(false);
  });

  it('a side that failed, or had no time, is told in words, and never as a number', () => {
    const failed = evaluate(
      ROW,
      new Map<string, Sample[] | Error>([
        ['ours', taking(10)],
        ['bare', new Error('two\nlines | long')],
      ]),
    );
    expect(failed).to.include({ problem: 'failed: two lines \\| long', ours: 100 });
    expect(failed.met).to.equal(undefined);
    expect(evaluate(ROW, new Map([['ours', taking(10)]])).problem).to.equal('not run: the time was up');
  });
});
