/** Holds a sender to so many requests at a time for each host, and to an endpoint's rate (contract §7, «Limits»). */
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Endpoint } from '../domain/endpoint';
import { Lane, Turns, type Asker, type Place } from './lane';

/**
 * How long a request waits for its place here, where it takes one of the worker's slots. Whoever waits longer is sent
 * away, and comes back by a timer of Temporal's, which costs a worker nothing.
 */
export const PATIENCE_MS = 500;
/** Temporal's timers are no finer. */
const SHORTEST_MS = 1_000;
/** The longer it is, the less a long queue costs, and the later a host that is well again gets what waits for it. */
const LONGEST_MS = 120_000;
/** Of a host that only times out. Its retries are as far apart by then. */
const LONGEST_DEAD_MS = 600_000;
/** As many hosts as are remembered while nothing is sent to them. */
const MOST_HOSTS = 1_000;

export interface Entrant extends Asker {
  readonly url: string;
  readonly endpoint: Pick<Endpoint, 'name' | 'rateLimit'> | undefined;
}

interface Rate {
  readonly limiter: RateLimiterMemory;
  readonly intervalMs: number;
  readonly turns: Turns;
}

interface Host {
  readonly lane: Lane;
  readonly turns: Turns;
}

export class Limiter {
  private readonly hosts = new Map<string, Host>();
  private readonly rates = new Map<string, Rate>();

  /**
   * @param places requests at a time for each host and port
   * @param now milliseconds that never go back
   */
  constructor(
    private readonly places: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @returns a place that must be left again, or when to ask again, in milliseconds */
  async enter({ url, kind, isRetry, endpoint }: Entrant): Promise<Place | number> {
    const { lane, turns } = this.hostOf(url);
    const until = this.now() + PATIENCE_MS;
    for (;;) {
      const place = await lane.enter({ kind, isRetry }, until - this.now());
      if (place === undefined) {
        const longestMs = lane.isDead ? LONGEST_DEAD_MS : LONGEST_MS;
        return bounded(turns.take(lane.paceMs, longestMs), longestMs);
      }
      const rate = endpoint?.rateLimit === undefined ? undefined : this.rateOf(endpoint.name, endpoint.rateLimit);
      const waitMs = rate === undefined ? 0 : await consume(rate);
      if (rate === undefined || waitMs === 0) return place;
      // Nobody holds a place while they wait for their time.
      place.leave();
      if (this.now() + waitMs > until) {
        return bounded(waitMs + rate.turns.take(rate.intervalMs, LONGEST_MS), LONGEST_MS);
      }
      await sleep(waitMs);
    }
  }

  private hostOf(url: string): Host {
    const { host } = new URL(url);
    const known = this.hosts.get(host);
    if (known !== undefined) return known;
    if (this.hosts.size >= MOST_HOSTS) this.forget();
    const made = { lane: new Lane(this.places, this.now), turns: new Turns(this.now) };
    this.hosts.set(host, made);
    return made;
  }

  private forget(): void {
    for (const [host, { lane }] of this.hosts) if (lane.isIdle) this.hosts.delete(host);
  }

  /** An endpoint whose rate was changed begins anew. */
  private rateOf(name: string, perSecond: number): Rate {
    const known = this.rates.get(name);
    if (known?.intervalMs === 1_000 / perSecond) return known;
    // Less than one a second is one in several.
    const points = Math.max(1, Math.floor(perSecond));
    const made = {
      limiter: new RateLimiterMemory({ points, duration: points / perSecond }),
      intervalMs: 1_000 / perSecond,
      turns: new Turns(this.now),
    };
    this.rates.set(name, made);
    return made;
  }
}

/** @returns 0 where it is within the rate, else how long it is not */
async function consume({ limiter }: Rate): Promise<number> {
  try {
    await limiter.consume('');
    return 0;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return Math.max(1, refusal.msBeforeNext);
  }
}

function bounded(ms: number, longestMs: number): number {
  return Math.ceil(Math.min(Math.max(ms, SHORTEST_MS), longestMs));
}
