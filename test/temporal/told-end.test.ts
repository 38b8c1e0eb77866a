import { expect } from 'chai';
import { quietAfter, untoldSequences, type ToldEnd } from '../../src/temporal/told-end';

const NOTHING: ToldEnd = { handed: {}, taken: {}, attempts: {} };
const SHARED = { progress: 'http://a/hook', result: 'http://a/hook' };
const APART = { progress: 'http://a/one', result: 'http://a/two' };

function attempt(sequence: number): { sequence: number; body: string } {
  return { sequence, body: '{}' };
}

function handed(kind: 'progress' | 'result', sequence: number): ToldEnd['handed'] {
  return { [kind]: { workflowId: 'any', isOwn: true, event: { webhookId: 'msg_1', sequence, body: '{}' } } };
}

describe('what is missing of what a job ended from outside was to tell', () => {
  it('is all where it has begun nothing, numbered behind its progress', () => {
    expect(untoldSequences(SHARED, NOTHING, 3)).to.deep.equal({ progress: 4, result: 5 });
    expect(untoldSequences(APART, NOTHING, 3)).to.deep.equal({ progress: 4, result: 1 });
  });

  it('keeps the numbers that its own attempts had, though events before them were dropped', () => {
    const begun = { ...NOTHING, attempts: { progress: attempt(6) } };
    expect(untoldSequences(SHARED, begun, 3)).to.deep.equal({ progress: 6, result: 7 });
    expect(untoldSequences(APART, begun, 3)).to.deep.equal({ progress: 6, result: 1 });
    const both = { ...NOTHING, attempts: { progress: attempt(6), result: attempt(7) } };
    expect(untoldSequences(SHARED, both, 3)).to.deep.equal({ progress: 6, result: 7 });
  });

  it('numbers the terminal event before a result whose attempt was begun', () => {
    const begun = { ...NOTHING, attempts: { result: attempt(5) } };
    expect(untoldSequences(SHARED, begun, 3)).to.deep.equal({ progress: 4, result: 5 });
  });

  it('is not what it has delivered itself, or has handed over', () => {
    expect(untoldSequences(SHARED, { ...NOTHING, taken: { progress: 4 } }, 3)).to.deep.equal({ result: 5 });
    expect(untoldSequences(SHARED, { ...NOTHING, taken: { progress: 4, result: 5 } }, 3)).to.deep.equal({});
    const attempts = { progress: attempt(4), result: attempt(5) };
    const after = { handed: handed('result', 5), taken: {}, attempts };
    expect(untoldSequences(SHARED, after, 3)).to.deep.equal({ progress: 4 });
  });

  it('is sent once no attempt is in flight, and is not kept waiting for long', () => {
    const last = { sequence: 1, gone: false };
    expect(quietAfter(1_000, last, { progress: attempt(2) })).to.equal(undefined);
    expect(quietAfter(1_000, { ...last, pendingMs: 500 }, {})).to.equal(1_500);
    const inFlight = { progress: { ...attempt(2), inFlightUntil: 2_000 } };
    expect(quietAfter(1_000, { ...last, pendingMs: 500 }, inFlight)).to.equal(2_000);
    expect(quietAfter(1_000, last, { result: { ...attempt(1), inFlightUntil: 90_000 } })).to.equal(21_000);
  });
});
