/** The requests to one host: how many there are at a time, who goes next, and when it is worth to ask again. */
import type { AttemptError, WebhookKind } from '../domain/delivery';

/** A request that may be made. */
export interface Place {
  /**
   * Gives it to the next.
   *
   * @param error what the request came to; left out where none was made
   */
  leave(error?: AttemptError | 'none'): void;
}

/** Who asks for a place. */
export interface Asker {
  readonly kind: WebhookKind;
  readonly isRetry: boolean;
}

interface Waiter extends Asker {
  take(place: Place): void;
}

/** Of the mean time that a place is held, what the latest request counts. */
const LATEST = 0.3;
/** Of a host that only times out, the share of its places that is used. */
const DEAD_SHARE = 4;
/** The share of a host's places that progress leaves to results: a path that hangs must not delay another one's. */
const RESULT_SHARE = 4;

export class Lane {
  private readonly held = new Set<{ readonly since: number; readonly kind: WebhookKind }>();
  /** In the order in which they get their places. */
  private readonly waiting: Waiter[] = [];
  private meanMs = 0;
  private timeouts = 0;

  /** @param places requests at a time */
  constructor(
    private readonly places: number,
    private readonly now: () => number,
  ) {}

  get isIdle(): boolean {
    return this.held.size === 0 && this.waiting.length === 0;
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
  async enter(asker: Asker, withinMs: number): Promise<Place | undefined> {
    // Nobody who may have it waits for it: it would have been handed on.
    if (this.hasPlaceFor(asker.kind)) return this.take(asker.kind);
    const ahead = this.waiting.filter((waiter) => asker.isRetry || !waiter.isRetry).length;
    // While nothing is known of the host, only as many wait as it has places.
    const isLikely = this.paceMs > 0 ? this.paceMs * (ahead + 1) <= withinMs : ahead < this.usable;
    if (withinMs <= 0 || !isLikely) return undefined;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        ...asker,
        take: (place) => {
          clearTimeout(timer);
          resolve(place);
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        resolve(undefined);
      }, withinMs);
      this.waiting.splice(ahead, 0, waiter);
    });
  }

  private hasPlaceFor(kind: WebhookKind): boolean {
    const { usable } = this;
    if (this.held.size >= usable) return false;
    if (kind === 'result' || usable === 1) return true;
    const progress = [...this.held].filter((hold) => hold.kind === 'progress').length;
    return progress < usable - Math.max(1, Math.floor(usable / RESULT_SHARE));
  }

  /** A host that answers nobody holds few of the worker's requests, and gets all of its own back with its first answer. */
  private get usable(): number {
    return this.isDead ? Math.max(1, Math.floor(this.places / DEAD_SHARE)) : this.places;
  }

  private take(kind: WebhookKind): Place {
    const hold = { since: this.now(), kind };
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
    for (;;) {
      const next = this.waiting.findIndex(({ kind }) => this.hasPlaceFor(kind));
      const [waiter] = next < 0 ? [] : this.waiting.splice(next, 1);
      if (waiter === undefined) return;
      waiter.take(this.take(waiter.kind));
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
