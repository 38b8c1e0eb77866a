import { expect } from 'chai';
import { CronTime } from 'cron';
import fc from 'fast-check';
import { countsMonths, isRestricted, parseCron, type CronTimes } from '../../src/domain/cron';

const DAY = 86_400_000;

/** The first time behind `from`, by looking at every day. */
function nextOf(times: CronTimes, from: number): number {
  const restricted = isRestricted(times);
  for (let day = Math.floor(from / DAY) * DAY; ; day += DAY) {
    const date = new Date(day);
    const byDate = times.dayOfMonth.includes(date.getUTCDate());
    const byDay = times.dayOfWeek.includes(date.getUTCDay());
    const isDay = restricted.dayOfMonth && restricted.dayOfWeek ? byDate || byDay : byDate && byDay;
    if (!isDay || !times.month.includes(date.getUTCMonth() + 1)) continue;
    for (const hour of times.hour) {
      for (const minute of times.minute) {
        for (const second of times.second) {
          const at = day + ((hour * 60 + minute) * 60 + second) * 1_000;
          if (at > from) return at;
        }
      }
    }
  }
}

/** A part of a field, of those that npm `cron` takes. */
const part = (low: number, high: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 1, max: high }).map((step) => `*/${String(step)}`),
    fc.integer({ min: low, max: high }).map(String),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: high }))
      .map(([from, step]) => `${String(from)}/${String(step)}`),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: 4 }))
      .map(([one, other, step]) => `${String(Math.min(one, other))}-${String(Math.max(one, other))}/${String(step)}`),
  );
const field = (low: number, high: number): fc.Arbitrary<string> =>
  fc.array(part(low, high), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
const words = (...all: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('*'),
    fc.subarray(all, { minLength: 1 }).map((some) => some.join(',')),
  );

const pattern = fc
  .tuple(
    fc.option(field(0, 59)),
    field(0, 59),
    field(0, 23),
    field(1, 28),
    fc.oneof(field(1, 12), words('jan', 'FEB', 'Mar', 'dec')),
    fc.oneof(field(0, 7), words('sun', 'MON', 'Sat')),
  )
  .map((fields) => fields.filter((one) => one !== null).join(' '));

describe('a cron pattern', () => {
  it('fires when it fires in npm cron', () => {
    fc.assert(
      fc.property(pattern, fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 11) }), (text, start) => {
        const times = parseCron(text);
        if (times === undefined) throw new Error(`${text} is refused`);
        const theirs = new CronTime(text, 'UTC');
        let at = Math.floor(start / 1_000) * 1_000;
        for (let count = 0; count < 3; count++) {
          const next = nextOf(times, at);
          expect(next, `${text} after ${new Date(at).toISOString()}`).to.equal(
            theirs.getNextDateFrom(new Date(at), 'UTC').toMillis(),
          );
          at = next;
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  const taken: [string, Partial<CronTimes>][] = [
    ['0 * * * *', { second: [0], minute: [0] }],
    ['30 2 * * *', { minute: [30], hour: [2] }],
    ['*/15 * * * * *', { second: [0, 15, 30, 45] }],
    ['0 0 * * 7', { dayOfWeek: [0] }],
    ['0 0 * * 1-7/4', { dayOfWeek: [1, 5] }],
    ['0 0 * * fri,Sun', { dayOfWeek: [0, 5] }],
    ['0 0 29 feb *', { dayOfMonth: [29], month: [2] }],
    ['0 0 31 feb mon', { dayOfMonth: [31], dayOfWeek: [1] }],
    ['0 0 1 jan-mar *', { month: [1, 2, 3] }],
    ['0 0 1 */3 *', { month: [1, 4, 7, 10] }],
    [' 5   4 * * * ', { minute: [5], hour: [4] }],
    ['@daily', { second: [0], minute: [0], hour: [0] }],
    ['@Yearly', { dayOfMonth: [1], month: [1] }],
  ];
  for (const [text, times] of taken) {
    it(`"${text}" is one`, () => {
      expect(parseCron(text)).to.deep.include(times);
      expect(countsMonths(text)).to.equal(false);
    });
  }

  const refused = [
    '',
    'soon',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    '1,,2 * * * *',
    '-1 * * * *',
    '1.5 * * * *',
    '? * * * *',
    '0 0 L * *',
    '0 0 * * 5L',
    '0 0 * * 1#2',
    '0 0 15W * *',
    'mon * * * *',
    '0 0 * jam *',
    '0 0 30 feb *',
    '0 0 31 apr,jun,sep,nov *',
    '@every 1h',
    `${'0,'.repeat(1_000)}0 * * * *`,
  ];
  for (const text of refused) {
    it(`"${text.slice(0, 40)}" is none`, () => {
      expect(parseCron(text)).to.equal(undefined);
    });
  }

  it('counts months where it names one by a number', () => {
    for (const text of ['0 0 1 1 *', '0 0 1 jan,2 *', '0 0 1 jan-3 *', '0 0 1 2-12/2 *', '0 0 0 1 0 *']) {
      expect(countsMonths(text), text).to.equal(true);
    }
  });
});
