import { expect } from 'chai';
import { endedOutside, outsideError, recordOf } from '../../src/domain/outside';
import {
  missingSequences,
  nextState,
  parseReconcilerState,
  unsettled,
  type ClosedRun,
  type Told,
} from '../../src/domain/untold';

const TWO = { progress: 'http://one/', result: 'http://two/' };
const ONE = { progress: 'http://one/', result: 'http://ONE' };

describe('the numbers of the deliveries that are missing', () => {
  const none: Told = { last: 4, deliveries: {} };
  for (const [name, webhooks, told, expected] of [
    ['both to two URLs', TWO, none, { progress: 5, result: 1 }],
    ['both to one URL, the result last', ONE, none, { progress: 5, result: 6 }],
    ['only a result', { result: TWO.result }, { ...none, last: 0 }, { result: 1 }],
    ['only progress', { progress: TWO.progress }, none, { progress: 5 }],
    ['no webhook', {}, none, {}],
    ['nothing that is there', ONE, { ...none, deliveries: { progress: 5, result: 6 } }, {}],
    ['what goes before the result that is there', ONE, { ...none, deliveries: { result: 9 } }, { progress: 8 }],
    ['what goes behind the progress event that is there', ONE, { ...none, deliveries: { progress: 7 } }, { result: 8 }],
    [
      'the progress event, whatever the number of the result',
      TWO,
      { ...none, deliveries: { result: 1 } },
      { progress: 5 },
    ],
  ] as const) {
    it(`are of ${name}`, () => {
      expect(missingSequences(webhooks, told)).to.deep.equal(expected);
    });
  }
});

describe('what one look of the reconciler hands to the next', () => {
  const NOW = 10_000_000;
  const START = { until: 0, seen: [] };

  function closed(...ages: readonly number[]): ClosedRun[] {
    return ages.map((age) => ({ workflowId: `job-${String(age)}`, runId: `run-${String(age)}`, closedAt: NOW - age }));
  }

  it('is what has closed in the last ten minutes and is settled', () => {
    const listed = closed(1_000, 600_000, 600_001, 700_000);
    const state = nextState(START, { at: NOW, listed, settled: listed });
    expect(state).to.deep.equal({ until: NOW - 600_000, seen: ['run-1000', 'run-600000'] });
    expect(unsettled(listed, state).map(({ runId }) => runId)).to.deep.equal(['run-700000', 'run-600001']);
  });

  it('leaves what could not be settled to it', () => {
    const listed = closed(1_000, 2_000);
    const state = nextState(START, { at: NOW, listed, settled: listed.slice(1) });
    expect(unsettled(listed, state).map(({ runId }) => runId)).to.deep.equal(['run-1000']);
  });

  it('goes on where a look ended before it had seen all, those first that closed first', () => {
    const listed = closed(1_000, 800_000, 900_000, 900_000);
    const [first, second] = unsettled(listed, START);
    expect([first, second].map((run) => run?.closedAt)).to.deep.equal([NOW - 900_000, NOW - 900_000]);
    const state = nextState(START, { at: NOW, listed, settled: listed.slice(2), reached: NOW - 900_000 });
    expect(state.until).to.equal(NOW - 900_000);
    expect(unsettled(listed, state).map(({ runId }) => runId)).to.deep.equal(['run-800000', 'run-1000']);
  });

  it('never goes back, and keeps what was seen while it may be listed', () => {
    const listed = closed(1_000, 500_000);
    const before = { until: NOW - 550_000, seen: ['run-500000', 'run-of-another-queue'] };
    const state = nextState(before, { at: NOW, listed, settled: listed.slice(0, 1) });
    expect(state).to.deep.equal({ until: NOW - 550_000, seen: ['run-1000', 'run-500000'] });
  });

  it('is small after ten thousand, and bound by what is listed', () => {
    const listed = closed(...Array.from({ length: 10_000 }, (_, index) => index * 1_000));
    const state = nextState(START, { at: NOW, listed, settled: listed });
    expect(state.seen).to.have.length(601);
    expect(unsettled(listed.slice(0, 601), state)).to.deep.equal([]);
  });

  it('is nothing where somebody else has written it', () => {
    const state = { until: 1, seen: ['a'] };
    expect(parseReconcilerState(state)).to.deep.equal(state);
    for (const bad of [undefined, null, 'x', {}, { until: -1, seen: [] }, { until: 1, seen: [2] }]) {
      expect(parseReconcilerState(bad)).to.equal(undefined);
    }
  });
});

describe('the bodies of a job that was ended from outside', () => {
  it('say by what, as far as it is known', () => {
    expect(outsideError('TERMINATED', 'by a person')).to.equal('the job was terminated from outside: by a person');
    expect(outsideError('TERMINATED')).to.equal('the job was terminated from outside');
    expect(outsideError('TIMED_OUT')).to.equal('the job was timed out from outside');
    expect(outsideError('FAILED', 'too large')).to.equal('too large');
    expect(outsideError('FAILED')).to.equal('the job was ended from outside');
    expect(outsideError('TERMINATED', 'x'.repeat(5_000))).to.have.length(4_001);
  });

  it('are critical and have no counts', () => {
    const { status, results } = endedOutside('a:1', 'a', 0, 'gone');
    const common = { jobId: 'a:1', timestamp: '1970-01-01T00:00:00.000Z', pipeline: 'a' };
    expect(JSON.stringify(status)).to.equal(
      JSON.stringify({ ...common, level: 'critical', status: 'failed', error: 'gone' }),
    );
    expect(JSON.stringify(results)).to.equal(
      JSON.stringify({ ...common, status: 'failed', error: 'gone', failures: [] }),
    );
  });

  it('tell the same of a job that had ended before', () => {
    const common = { jobId: 'a:1', timestamp: '1970-01-01T00:00:00.000Z', pipeline: 'a' };
    expect(recordOf({ ...common, status: 'completed', data: [] }).status).to.deep.equal({
      ...common,
      level: 'info',
      status: 'completed',
    });
    expect(recordOf({ ...common, status: 'stopped', reason: 'why' }).status).to.include({
      level: 'info',
      reason: 'why',
    });
    const failed = { ...common, status: 'failed', error: 'bad', failures: [] } as const;
    expect(recordOf(failed).status).to.include({ level: 'critical', error: 'bad' });
    expect(recordOf({ ...failed, nodeName: 'one' }).status).to.include({ level: 'error', nodeName: 'one' });
  });
});
