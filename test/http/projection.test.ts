import { expect } from 'chai';
import { fieldsOf, isWanted, parseFlags, project } from '../../src/http/projection';

describe('fields of an answer', () => {
  const whole = {
    jobId: 'j',
    status: { status: 'active', level: 'info' },
    pipeline: { nodes: [{ a: 1, b: 2 }, { a: 3 }] },
  };

  for (const [what, flags, answer] of [
    ['all where none are named', {}, whole],
    ['those that are named', { jobId: true, none: true }, { jobId: 'j' }],
    [
      'all but those that are named',
      { pipeline: false, 'status.level': false },
      { jobId: 'j', status: { status: 'active' } },
    ],
    ['parts by their path', { 'status.status': true }, { status: { status: 'active' } }],
    ['parts of each element of a list', { 'pipeline.nodes.a': true }, { pipeline: { nodes: [{ a: 1 }, { a: 3 }] } }],
    ['the whole where a part of it is named too', { status: true, 'status.level': true }, { status: whole.status }],
    ['nothing below what is no object', { 'jobId.x': true }, {}],
    ['nothing that only a prototype has', { constructor: true, '__proto__.x': true }, {}],
  ] as const) {
    it(`are ${what}`, () => {
      expect(project(whole, fieldsOf(flags))).to.deep.equal(answer);
    });
  }

  it('are not read where nothing of them is wanted', () => {
    expect(['status', 'pipeline'].map((name) => isWanted(fieldsOf({ 'status.level': true }), name))).to.deep.equal([
      true,
      false,
    ]);
    expect(['status', 'pipeline'].map((name) => isWanted(fieldsOf({ pipeline: false }), name))).to.deep.equal([
      true,
      false,
    ]);
    expect(isWanted(fieldsOf({ 'status.level': false }), 'status')).to.equal(true);
  });

  it('are refused where some are to be there and some are not', () => {
    expect(() => fieldsOf({ a: true, b: false })).to.throw('data.fields should be all true or all false');
  });

  it("are taken as HKube's clients write them", () => {
    expect(parseFlags('result:false, pipeline : false')).to.deep.equal({ result: false, pipeline: false });
    expect(parseFlags(undefined)).to.equal(undefined);
  });
});
