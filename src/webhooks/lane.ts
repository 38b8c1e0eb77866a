/** The requests to one host: how many there are at a time, who goes next, and when it is worth to ask again. */
import type { AttemptError } from '../domain/delivery';

/** A request that may be made. */
export interface Place {
  /**
   * Gives it to the next.
   *
   * @param error what the request came to; left out where none was made
   */
  leave(error?: AttemptError | 'none'): void;
}

interface Waiter {
  take(place: Place): void;
}

/** Of the mean time that a place is held, what the latest request counts. */
const LATEST = 0.3;
/** Of a host that only times out, the share of its places that is used. */
const DEAD_SHARE = 4;

export class Lane {
  private readonly held = new Set<{ readonly since: number }>();
  private readonly first: Waiter[] = [];
  private readonly retries: Waiter[] = [];
  private meanMs = 0;
  private timeouts = 0;

  /** @param places requests at a time */
  constructor(
    private readonly places: number,
    private readonly now: () => number,
  ) {}

  get isIdle(): boolean {
    return this.held.size === 0 && this.waiting === 0;
  }

  /** Whether as many requests as it has places have timed out, one after the other. */
  get isDead(): boolean {
    return this.timeouts >= this.places;
  }

  /** How often a place becomes free, in milliseconds. Requests that hang count by what they have taken so far. */
  get paceMs(): number {
    const now = this.now();
    let age = 0;
    for (const { since } of this.held) age += now - since;
    return Math.max(this.meanMs, age / Math.max(1, this.held.size)) / this.usable;
  }

  /**
   * Waits for a place where it is likely to come in time; first tries go before retries.
   *
   * @returns undefined where there is none
   */
  async enter(isRetry: boolean, withinMs: number): Promise<Place | undefined> {
    const ahead = isRetry ? this.waiting : this.first.length;
    if (this.held.size < this.usable && ahead === 0) return this.take();
    // While nothing is known of the host, only as many wait as it has places.
    const isLikely = this.paceMs > 0 ? this.paceMs * (ahead + 1) <= withinMs : ahead < this.usable;
    if (withinMs <= 0 || !isLikely) return undefined;
    const queue = isRetry ? this.retries : this.first;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        take: (place) => {
          clearTimeout(timer);
          resolve(place);
        },
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1);
        resolve(undefined);
      }, withinMs);
      queue.push(waiter);
    });
  }

  private get waiting(): number {
    return this.first.length + this.retries.length;
  }

  /** A host that answers nobody holds few of the worker's requests, and gets all of its own back with its first answer. */
  private get usable(): number {
    return this.isDead ? Math.max(1, Math.floor(this.places / DEAD_SHARE)) : this.places;
  }

  private take(): Place {
    const hold = { since: this.now() };
    this.held.add(hold);
    return {
      leave: (error) => {
        if (!this.held.delete(hold)) return;
        if (error !== undefined) this.learn(this.now() - hold.since, error);
        this.handOn();
      },
    };
  }

  private learn(tookMs: number, error: AttemptError | 'none'): void {
    this.meanMs = this.meanMs === 0 ? tookMs : LATEST * tookMs + (1 - LATEST) * this.meanMs;
    this.timeouts = error === 'timeout' ? this.timeouts + 1 : 0;
  }

  private handOn(): void {
    while (this.held.size < this.usable) {
      const next = this.first.shift() ?? this.retries.shift();
      if (next === undefined) return;
      next.take(this.take());
    }
  }
}

/** Spreads those that are sent away over the time, so that they do not all come back at once. */
export class Turns {
  private next = 0;

  constructor(private readonly now: () => number) {}

  /**
   * @param longestMs nobody is sent away for longer
   * @returns how long from now the next turn is
   */
  take(intervalMs: number, longestMs: number): number {
    const now = this.now();
    const turn = Math.max(now, this.next);
    this.next = Math.min(turn + intervalMs, now + longestMs);
    // Those beyond the longest wait would come all together.
    return turn - now < longestMs - intervalMs ? turn - now : longestMs * (0.5 + 0.5 * Math.random());
  }
}
