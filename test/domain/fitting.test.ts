import { expect } from 'chai';
import { travelBytes } from '../../src/domain/big-results';
import type { OutgoingEvent } from '../../src/domain/delivery-input';
import type { TaskChange } from '../../src/domain/events';
import { fittingEvents, fittingTasks, MAX_LEFT_BYTES, MAX_TASKS_BYTES } from '../../src/domain/fitting';
import { failuresFirst, MAX_CHANGES } from '../../src/domain/outbox';
import { MAX_TASK_ERROR } from '../../src/domain/text';
import type { Level } from '../../src/domain/verbosity';

describe('what fits of the task changes in one body', () => {
  const failures = (letter: string): TaskChange[] =>
    Array.from({ length: MAX_CHANGES }, (_, index) => ({
      nodeName: 'green',
      batchID: `green#${String(index + 1)}`,
      status: 'failed',
      error: letter.repeat(MAX_TASK_ERROR),
    }));

  it('is all of a thousand failures of plain letters, as long as they may be', () => {
    expect(failuresFirst(failures('x'))).to.have.length(MAX_CHANGES);
  });

  for (const [name, letter] of Object.entries({ Chinese: '中', control: '\u0001', quotation: '"' })) {
    it(`is the first of them, where ${name} characters make them larger`, () => {
      const all = failures(letter);
      const fitting = failuresFirst(all);
      expect(fitting).to.deep.equal(all.slice(0, fitting.length));
      expect(fitting.length).to.be.within(100, MAX_CHANGES - 1);
      // As a text within the arguments of an activity.
      expect(travelBytes(JSON.stringify(fitting))).to.be.at.most(MAX_TASKS_BYTES + 2);
      const oneMore = travelBytes(JSON.stringify(all.slice(0, fitting.length + 1)));
      // Each alone has quotation marks around it.
      expect(oneMore + 2 * fitting.length).to.be.above(MAX_TASKS_BYTES);
    });
  }

  it('is nothing of nothing', () => {
    expect(fittingTasks([])).to.deep.equal([]);
  });
});

describe('what fits of the events that a job leaves behind', () => {
  const event = (sequence: number, level: Level | 'warning', bytes: number): OutgoingEvent => ({
    webhookId: `msg_${String(sequence)}`,
    sequence,
    body: JSON.stringify({ level, error: 'x'.repeat(bytes) }),
  });
  const numbers = (events: readonly OutgoingEvent[]): number[] => fittingEvents(events).map(({ sequence }) => sequence);

  it('is all of them where they are small', () => {
    expect(numbers([event(1, 'trace', 10), event(2, 'info', 10), event(3, 'info', 10)])).to.deep.equal([1, 2, 3]);
    expect(numbers([])).to.deep.equal([]);
  });

  it('is what is at info or above, before anything else gives way', () => {
    const events = [event(1, 'info', 500_000), event(2, 'trace', 500_000), event(3, 'debug', 500_000)];
    expect(numbers([...events, event(4, 'info', 500_000)])).to.deep.equal([1, 3, 4]);
    expect(numbers([...events, event(4, 'info', 1_000_000)])).to.deep.equal([1, 4]);
  });

  it("is the newest after that, HKube's warnings among them, and always the last", () => {
    const events = [event(1, 'info', 800_000), event(2, 'warning', 600_000), event(3, 'warn', 600_000)];
    expect(numbers([...events, event(4, 'info', 100)])).to.deep.equal([2, 3, 4]);
    expect(numbers([...events, event(4, 'critical', MAX_LEFT_BYTES)])).to.deep.equal([4]);
  });
});
