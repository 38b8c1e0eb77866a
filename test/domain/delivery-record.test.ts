import { expect } from 'chai';
import type { Attempt } from '../../src/domain/delivery';
import {
  changeRecord,
  logAttempt,
  MAX_ATTEMPTS,
  MAX_BODIES,
  type DeliveryRecord,
} from '../../src/domain/delivery-record';

const attempt = (number: number): Attempt => ({
  attempt: number,
  trigger: 'manual',
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  statusCode: 500,
  error: 'status',
  responseBody: 'no room',
});

describe('the record of a delivery', () => {
  it('keeps its keys in the order of the contract, whatever is changed', () => {
    const record: DeliveryRecord = {
      attempts: [],
      createdAt: '2026-01-01T00:00:00.000Z',
      state: 'pending',
      sequence: 3,
      url: 'http://receiver.example',
      kind: 'result',
      jobId: 'batch:1',
      id: 'msg_1',
      nextAttemptAt: '2026-01-01T00:01:00.000Z',
    };
    const changed = changeRecord(record, { state: 'dead', reason: 'gone', nextAttemptAt: undefined });
    expect(JSON.stringify(changed)).to.equal(
      '{"id":"msg_1","jobId":"batch:1","kind":"result","url":"http://receiver.example","state":"dead","reason":"gone",' +
        '"sequence":3,"createdAt":"2026-01-01T00:00:00.000Z","attempts":[]}',
    );
    expect(record.state).to.equal('pending');
  });

  it('stays small however often it is tried, and keeps the newest whole', () => {
    let attempts: Attempt[] = [];
    for (let number = 1; number <= MAX_ATTEMPTS + 10; number++) attempts = logAttempt(attempts, attempt(number));
    expect(attempts).to.have.length(MAX_ATTEMPTS);
    expect([attempts[0]?.attempt, attempts.at(-1)?.attempt]).to.deep.equal([11, MAX_ATTEMPTS + 10]);
    expect(attempts.filter(({ responseBody }) => responseBody !== undefined)).to.have.length(MAX_BODIES);
    expect(attempts.at(-1)).to.deep.equal(attempt(MAX_ATTEMPTS + 10));
    expect(attempts[0]).to.include({ statusCode: 500, error: 'status' });
  });
});
