import { expect } from 'chai';
import { formatDetails, noTasks, type TaskCounts } from '../../src/domain/progress';

describe('progress', () => {
  const rows: [Partial<TaskCounts>, string][] = [
    [{ creating: 1 }, '0.00% completed, 1 creating'],
    [{ succeed: 1, failed: 1, skipped: 1 }, '100.00% completed, 1 succeed, 1 failed, 1 skipped'],
    [{ succeed: 1, pending: 2 }, '33.33% completed, 1 succeed, 2 pending'],
    [{ succeed: 2, pending: 1 }, '66.67% completed, 2 succeed, 1 pending'],
    [{ succeed: 1, stopped: 1 }, '50.00% completed, 1 succeed, 1 stopped'],
    [{ succeed: 29_999, active: 1 }, '99.99% completed, 29999 succeed, 1 active'],
    [{ succeed: 9_999_999, stopped: 1 }, '99.99% completed, 9999999 succeed, 1 stopped'],
    [
      { creating: 7, pending: 6, active: 5, stopped: 4, skipped: 3, failed: 2, succeed: 1 },
      '21.43% completed, 1 succeed, 2 failed, 3 skipped, 4 stopped, 5 active, 6 pending, 7 creating',
    ],
  ];
  for (const [counts, details] of rows) {
    it(details, () => {
      expect(formatDetails({ ...noTasks(), ...counts })).to.equal(details);
    });
  }
});
