import { expect } from 'chai';
import {
  followingDeadline,
  isFollowed,
  LATEST_WINS,
  leftoverBudget,
  longestMs,
  MUST_DELIVER,
  nextStep,
  parseRetryAfter,
  type AttemptOutcome,
  type NextStep,
} from '../../src/domain/delivery';

const outcome = (rest: Partial<AttemptOutcome>): AttemptOutcome => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  ...rest,
});
const status = (statusCode: number, retryAfterMs?: number) =>
  outcome({ statusCode, error: 'status', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const failed = (error: AttemptOutcome['error'] & string) => outcome({ error });

/** The middle of the jitter. */
const MIDDLE = 0.5;
const DELIVERED: NextStep = { kind: 'delivered' };
const retry = (delayMs: number): NextStep => ({ kind: 'retry', delayMs });
const dead = (reason: 'gone' | 'refused' | 'exhausted'): NextStep => ({ kind: 'dead', reason });

describe('MUST_DELIVER', () => {
  it('is 13 attempts over 72 hours', () => {
    expect(MUST_DELIVER.scheduleMs).to.have.length(13);
    const hours = MUST_DELIVER.scheduleMs.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect(hours).to.be.within(71, 72);
  });

  it('gives a client error about 15 minutes', () => {
    const minutes = MUST_DELIVER.scheduleMs.slice(0, 5).reduce((sum, delay) => sum + delay, 0) / 60_000;
    expect(minutes).to.be.within(12, 16);
  });
});

describe('an event that follows another', () => {
  const request = {
    url: 'http://a.example/',
    kind: 'progress',
    webhookId: 'a',
    sequence: 1,
    attempt: 1,
    body: '{}',
  } as const;
  const [quick, late] = [500, 501];
  const cases: [string, AttemptOutcome, number, boolean][] = [
    ['goes where that was taken quickly', outcome({ statusCode: 200 }), quick, true],
    ['waits where that took its time', outcome({ statusCode: 200 }), late, false],
    ['waits where that was not taken', status(500), quick, false],
    ['waits where nothing answered', failed('reset'), quick, false],
  ];
  for (const [what, before, sinceMs, goes] of cases) {
    it(what, () => {
      expect(isFollowed(before, { ...request, deadlineMs: 5_000 }, sinceMs)).to.equal(goes);
    });
  }

  it('ends by the time at which one alone had to', () => {
    expect(5_000 * 0.1 + followingDeadline(5_000)).to.equal(5_000);
    const follower = { webhookId: 'b', sequence: 2, attempt: 1, body: '{}', deadlineMs: 4_500 };
    expect(longestMs({ ...request, deadlineMs: 5_000, followers: [follower] })).to.equal(9_500);
  });
});

describe('nextStep', () => {
  const HOUR = 3_600_000;
  const horizonAfterFirst = MUST_DELIVER.scheduleMs.reduce((sum, delay) => sum + delay, 0);
  const must: [string, AttemptOutcome, number, NextStep][] = [
    ['200', outcome({ statusCode: 200 }), 1, DELIVERED],
    ['204 at the last attempt', outcome({ statusCode: 204 }), 13, DELIVERED],
    ['410', status(410), 1, dead('gone')],
    ['a blocked address', failed('blocked address'), 1, dead('refused')],
    ['a refused URL', failed('refused url'), 1, dead('refused')],
    ['500 once', status(500), 1, retry(5_000)],
    ['500 twice', status(500), 2, retry(30_000)],
    ['500 at attempt 12', status(500), 12, retry(24 * HOUR)],
    ['500 at attempt 13', status(500), 13, dead('exhausted')],
    ['404 at attempt 4', status(404), 4, retry(600_000)],
    ['404 at attempt 5', status(404), 5, dead('exhausted')],
    ['301 at attempt 5', outcome({ statusCode: 301, error: 'redirect' }), 5, dead('exhausted')],
    ['408 at attempt 5', status(408), 5, retry(30 * 60_000)],
    ['425 at attempt 5', status(425), 5, retry(30 * 60_000)],
    ['429 at attempt 5', status(429), 5, retry(30 * 60_000)],
    ['600 at attempt 5', status(600), 5, retry(30 * 60_000)],
    ['429 that asks for less than planned', status(429, 1_000), 1, retry(5_000)],
    ['429 that asks for more', status(429, 60_000), 1, retry(60_000)],
    ['503 that asks for years', status(503, 1e12), 1, retry(horizonAfterFirst)],
    ['503 that asks for years near the end', status(503, 1e12), 12, retry(24 * HOUR)],
    ['503 that asks for more at the last attempt', status(503, 60_000), 13, dead('exhausted')],
    ...(['timeout', 'connect', 'dns', 'tls', 'reset', 'protocol', 'lost', 'unknown'] as const).flatMap(
      (error): [string, AttemptOutcome, number, NextStep][] => [
        [`${error} at attempt 5`, failed(error), 5, retry(30 * 60_000)],
        [`${error} at attempt 13`, failed(error), 13, dead('exhausted')],
      ],
    ),
  ];
  for (const [what, latest, attempts, expected] of must) {
    it(`must-deliver, ${what}: ${JSON.stringify(expected)}`, () => {
      expect(nextStep(latest, attempts, MUST_DELIVER, MIDDLE)).to.deep.equal(expected);
    });
  }

  const latestWins: [string, AttemptOutcome, number, NextStep][] = [
    ['200', outcome({ statusCode: 200 }), 1, DELIVERED],
    ['500 once', status(500), 1, retry(1_000)],
    ['a timeout twice', failed('timeout'), 2, retry(3_000)],
    ['500 at attempt 3', status(500), 3, dead('exhausted')],
    ['404', status(404), 1, dead('exhausted')],
    ['302', outcome({ statusCode: 302, error: 'redirect' }), 1, dead('exhausted')],
    ['410', status(410), 1, dead('gone')],
    ['a blocked address', failed('blocked address'), 1, dead('refused')],
    ['429 that asks for 2 s', status(429, 2_000), 1, retry(2_000)],
    ['429 that asks for an hour', status(429, HOUR), 1, retry(HOUR)],
    ['503 that asks for years', status(503, 1e12), 2, retry(horizonAfterFirst)],
    ['429 that asks for an hour at attempt 3', status(429, HOUR), 3, dead('exhausted')],
  ];
  for (const [what, latest, attempts, expected] of latestWins) {
    it(`latest-wins, ${what}: ${JSON.stringify(expected)}`, () => {
      expect(nextStep(latest, attempts, LATEST_WINS, MIDDLE)).to.deep.equal(expected);
    });
  }

  it('spreads delays by 20 % either way, but never below what was asked', () => {
    expect(nextStep(status(500), 1, MUST_DELIVER, 0)).to.deep.equal(retry(4_000));
    expect(nextStep(status(500), 1, MUST_DELIVER, 0.999999)).to.deep.equal(retry(6_000));
    expect(nextStep(status(503, 5_000), 1, MUST_DELIVER, 0)).to.deep.equal(retry(5_000));
  });

  it('lets no receiver ask for more than the horizon, however often it asks', () => {
    const asks = status(503, 1e12);
    const horizon = MUST_DELIVER.scheduleMs.reduce((sum, delay) => sum + delay, 0);
    expect(nextStep(asks, 2, MUST_DELIVER, MIDDLE, horizon - 3_600_000)).to.deep.equal(retry(3_600_000));
    expect(nextStep(asks, 2, MUST_DELIVER, MIDDLE, horizon)).to.deep.equal(retry(30_000));
  });

  it('keeps to a schedule shorter than the client errors would get', () => {
    const policy = { scheduleMs: [0, 10], clientErrorAttempts: 5 };
    expect(nextStep(status(404), 1, policy, MIDDLE)).to.deep.equal(retry(10));
    expect(nextStep(status(404), 2, policy, MIDDLE)).to.deep.equal(dead('exhausted'));
    expect(nextStep(status(500), 1, { scheduleMs: [0], clientErrorAttempts: 5 }, MIDDLE).kind).to.equal('dead');
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-08T08:49:00Z');
  const table: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['12 s', undefined],
    ['soon', undefined],
    ['9'.repeat(20), Number.MAX_SAFE_INTEGER],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    ['0'.repeat(400), undefined],
    ['Sun, 08 Nov 2026 08:49:37 GMT', 37_000],
    ['Sunday, 08-Nov-26 08:49:37 GMT', 37_000],
    ['Sun Nov  8 08:49:37 2026', 37_000],
    ['Sun, 08 Nov 2026 08:48:00 GMT', undefined],
    ['Sun, 08 Nov 2026 08:49:00 GMT', undefined],
    ['Sun, 08 Nov 2026 25:00:00 GMT', undefined],
    ['Sun, 08 Nov 2026 08:49:37', undefined],
    ['Sun, 08 Nov 2026 08:49:37 +0100', undefined],
    ['2026-11-08T08:49:37Z', undefined],
    ['Foo 2090', undefined],
    ['Retry, 2090', undefined],
  ];
  for (const [header, expected] of table) {
    it(`${JSON.stringify(header?.slice(0, 40))} is ${expected ?? 'ignored'}`, () => {
      expect(parseRetryAfter(header, now)).to.equal(expected);
    });
  }

  it('takes a date without a zone as GMT wherever it runs', () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/New_York';
    try {
      expect(parseRetryAfter('Sun Nov  8 08:49:37 2026', now)).to.equal(37_000);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('leftoverBudget', () => {
  const MINUTE = 60_000;
  for (const [elapsedMs, budget] of [
    [0, 'all'],
    [MINUTE - 1, 'all'],
    [MINUTE, 'one'],
    [5 * MINUTE - 1, 'one'],
    [5 * MINUTE, 'none'],
  ] as const) {
    it(`${String(elapsedMs)} ms after the first could be sent: ${budget}`, () => {
      expect(leftoverBudget(elapsedMs)).to.equal(budget);
    });
  }
});
