import { expect } from 'chai';
import type { WebhookKind } from '../../src/domain/delivery';
import { Lane, Turns, type Place } from '../../src/webhooks/lane';
import { Limiter, PATIENCE_MS } from '../../src/webhooks/limiter';
import { until } from '../support/until';

/** A clock that a test turns on. Waits in a lane go by the real one. */
class Clock {
  ms = 0;
  readonly now = (): number => this.ms;
}

const URL_A = 'http://a.example:8080/x';
const FIRST = { kind: 'result', isRetry: false } as const;

describe('the places of one host', () => {
  let clock: Clock;
  let lane: Lane;

  beforeEach(() => {
    clock = new Clock();
    lane = new Lane(2, clock.now);
  });

  const take = async (isRetry = false, withinMs = 0): Promise<Place> => {
    const place = await lane.enter({ kind: 'result', isRetry }, withinMs);
    if (place === undefined) throw new Error('no place');
    return place;
  };
  /** Lets the lane learn what a request takes. */
  const teach = async (ms: number, error: 'none' | 'timeout' = 'none'): Promise<void> => {
    const place = await take();
    clock.ms += ms;
    place.leave(error);
  };

  it('are as many as it was given, and each that is left is the next one’s', async () => {
    const [one] = [await take(), await take()];
    expect(await lane.enter(FIRST, 0)).to.equal(undefined);
    one.leave('none');
    one.leave('none');
    await take();
    expect(await lane.enter(FIRST, 0)).to.equal(undefined);
  });

  it('are waited for in order, first tries before retries', async () => {
    const held = [await take(), await take()];
    const order: string[] = [];
    const wait = (name: string, isRetry: boolean) =>
      take(isRetry, 5_000).then((place) => {
        order.push(name);
        place.leave('none');
      });
    const waiting = [wait('retry', true), wait('first', false), wait('second', false)];
    held[0]?.leave();
    await Promise.all(waiting);
    expect(order).to.deep.equal(['first', 'second', 'retry']);
    expect(lane.isIdle).to.equal(false);
    held[1]?.leave();
    expect(lane.isIdle).to.equal(true);
  });

  it('are not waited for beyond the time', async () => {
    const held = [await take(), await take()];
    expect(await lane.enter(FIRST, 20)).to.equal(undefined);
    held[0]?.leave();
    // Nobody took what was left for the one that has gone.
    await take();
  });

  it('are not waited for where they can not come in time, by what requests took, or have taken so far', async () => {
    await teach(1_000);
    expect(lane.paceMs).to.equal(500);
    const held = [await take(), await take()];
    expect(await lane.enter(FIRST, 499)).to.equal(undefined);
    clock.ms += 4_000;
    expect(lane.paceMs).to.equal(2_000);
    held.forEach((place) => place.leave('none'));
    expect(lane.paceMs).to.be.within(500, 1_500);
  });

  it('are fewer while the host only times out, and all again with its first answer', async () => {
    const four = new Lane(4, clock.now);
    const timeOut = async (): Promise<void> => (await four.enter(FIRST, 0))?.leave('timeout');
    for (let count = 0; count < 4; count++) await timeOut();
    const only = await four.enter(FIRST, 0);
    expect(only).to.not.equal(undefined);
    expect(await four.enter(FIRST, 0)).to.equal(undefined);
    only?.leave('status');
    for (let count = 0; count < 4; count++) expect(await four.enter(FIRST, 0)).to.not.equal(undefined);
    expect(await four.enter(FIRST, 0)).to.equal(undefined);
  });
});

describe('the places of one host, of which progress holds all that it may,', () => {
  const lane = (places: number): Lane => new Lane(places, () => 0);
  const ask = (of: Lane, kind: WebhookKind, withinMs = 0): Promise<Place | undefined> =>
    of.enter({ kind, isRetry: false }, withinMs);

  for (const [places, progress] of [
    [8, 6],
    [4, 3],
    [2, 1],
    [1, 1],
  ] as const) {
    it(`are ${String(progress)} of ${String(places)} for progress, and the rest for results`, async () => {
      const of = lane(places);
      for (let count = 0; count < progress; count++) expect(await ask(of, 'progress')).to.not.equal(undefined);
      expect(await ask(of, 'progress')).to.equal(undefined);
      for (let count = progress; count < places; count++) expect(await ask(of, 'result')).to.not.equal(undefined);
      expect(await ask(of, 'result')).to.equal(undefined);
    });
  }

  it('go to results past progress that waits, and to it when progress leaves one', async () => {
    const of = lane(2);
    const held = await ask(of, 'progress');
    const waiting = ask(of, 'progress', 5_000);
    const result = await ask(of, 'result');
    expect(result).to.not.equal(undefined);
    result?.leave('none');
    held?.leave('none');
    expect(await waiting).to.not.equal(undefined);
  });
});

describe('those that are sent away', () => {
  it('come back one after the other', () => {
    const clock = new Clock();
    const turns = new Turns(clock.now);
    expect([turns.take(1_000, 10_000), turns.take(1_000, 10_000), turns.take(1_000, 10_000)]).to.deep.equal([
      0, 1_000, 2_000,
    ]);
    clock.ms = 2_500;
    expect(turns.take(1_000, 10_000)).to.equal(500);
    clock.ms = 100_000;
    expect(turns.take(1_000, 10_000)).to.equal(0);
  });

  it('are not away for longer than the longest wait, and do not come all at once then', () => {
    const turns = new Turns(() => 0);
    const waits = Array.from({ length: 100 }, () => turns.take(1_000, 10_000));
    expect(Math.max(...waits)).to.be.at.most(10_000);
    expect(new Set(waits.slice(20)).size).to.be.above(70);
    expect(Math.min(...waits.slice(20))).to.be.at.least(5_000);
  });
});

describe('Limiter', () => {
  const entrant = (rest: { url?: string; isRetry?: boolean; rateLimit?: number } = {}) => ({
    url: rest.url ?? URL_A,
    kind: 'result' as const,
    isRetry: rest.isRetry ?? false,
    endpoint: rest.rateLimit === undefined ? undefined : { name: 'e', rateLimit: rest.rateLimit },
  });

  it('keeps hosts apart, by their port too', async () => {
    const limiter = new Limiter(1);
    for (const url of [URL_A, 'http://a.example/x', 'http://b.example:8080/x']) {
      expect(await limiter.enter(entrant({ url })), url).to.be.an('object');
    }
    const start = performance.now();
    const answer = await limiter.enter(entrant({ url: `${URL_A}/y` }));
    expect(answer).to.be.a('number').and.to.be.at.least(1_000);
    expect(performance.now() - start).to.be.within(PATIENCE_MS - 50, PATIENCE_MS + 400);
  });

  it('sends whom it can not help away at once, for as long as the requests in flight take', async () => {
    const clock = new Clock();
    const limiter = new Limiter(2, clock.now);
    await limiter.enter(entrant());
    await limiter.enter(entrant());
    clock.ms = 10_000;
    const start = performance.now();
    const waits: unknown[] = [];
    for (let count = 0; count < 4; count++) waits.push(await limiter.enter(entrant()));
    expect(waits).to.deep.equal([1_000, 5_000, 10_000, 15_000]);
    expect(performance.now() - start).to.be.below(PATIENCE_MS / 2);
  });

  it('sends them away for longer where all requests time out, and so asks for little', async () => {
    const clock = new Clock();
    const limiter = new Limiter(4, clock.now);
    for (let count = 0; count < 4; count++) {
      const place = await limiter.enter(entrant());
      clock.ms += 15_000;
      (place as Place).leave('timeout');
    }
    expect(await limiter.enter(entrant())).to.be.an('object');
    const waits = [];
    for (let count = 0; count < 100; count++) waits.push(Number(await limiter.enter(entrant())));
    expect(waits.slice(0, 3)).to.deep.equal([1_000, 15_000, 30_000]);
    expect(Math.min(...waits.slice(50))).to.be.at.least(300_000);
    expect(Math.max(...waits)).to.be.at.most(600_000);
  });

  it('holds an endpoint to its rate, and nobody holds a place meanwhile', async () => {
    const limiter = new Limiter(1);
    const rateLimit = 5;
    for (let count = 0; count < rateLimit; count++) {
      const place = await limiter.enter(entrant({ rateLimit }));
      expect(place, String(count)).to.be.an('object');
      (place as Place).leave('none');
    }
    const waits = [await limiter.enter(entrant({ rateLimit })), await limiter.enter(entrant({ rateLimit }))];
    expect(waits).to.satisfy((all: unknown[]) => all.every((wait) => typeof wait === 'number' && wait >= 1_000));
    // Another one of the host has no rate, and finds the place free.
    expect(await limiter.enter(entrant())).to.be.an('object');
  });

  it('takes a rate of less than one a second, and a changed one at once', async () => {
    const limiter = new Limiter(3);
    expect(await limiter.enter(entrant({ rateLimit: 0.1 }))).to.be.an('object');
    expect(await limiter.enter(entrant({ rateLimit: 0.1 }))).to.be.within(9_000, 10_000);
    expect(await limiter.enter(entrant({ rateLimit: 0.1 }))).to.be.within(19_000, 20_000);
    expect(await limiter.enter(entrant({ rateLimit: 100 }))).to.be.an('object');
  });

  it('waits for the rate where its time is near', async () => {
    const limiter = new Limiter(3);
    const start = performance.now();
    expect(await limiter.enter(entrant({ rateLimit: 1.9 }))).to.be.an('object');
    await until('the time is near', () => performance.now() - start > 100);
    expect(await limiter.enter(entrant({ rateLimit: 1.9 }))).to.be.an('object');
    expect(performance.now() - start).to.be.at.least(500);
  });
});
