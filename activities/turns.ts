/**
 * Items that never yield share the event loop of their worker, however many blocks it runs: one block works for a turn, and
 * between two turns the loop sees to all else, as heartbeats, new work, and the queries of jobs.
 *
 * A block that has had none yet goes first, so that a small one ends soon; of the others the oldest goes on until it ends,
 * as each heartbeat of a block writes out all that its items have come to, and none should wait with much of it.
 */

/** In milliseconds. */
const TURN_MS = 20;

interface Waiting {
  readonly rank: number;
  readonly resolve: () => void;
}

/** Of one worker. */
export class Turns {
  private readonly waiting: Waiting[] = [];
  private since = -Infinity;
  private count = 0;

  /** @returns the turns of a block that begins now */
  join(): BlockTurns {
    return new BlockTurns(this, ++this.count);
  }

  /** @param now of `performance.now()` */
  isOver(now: number): boolean {
    return now - this.since >= TURN_MS;
  }

  /** Waits for a turn: the lowest rank is next. */
  async next(rank: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting.push({ rank, resolve });
      if (this.waiting.length === 1) setImmediate(this.give);
    });
  }

  private readonly give = (): void => {
    this.since = performance.now();
    const first = Math.min(...this.waiting.map(({ rank }) => rank));
    const place = this.waiting.findIndex(({ rank }) => rank === first);
    this.waiting.splice(place, 1)[0]?.resolve();
    // All immediates that are there run in one go, so the next is asked for one by one.
    if (this.waiting.length > 0) setImmediate(this.give);
  };
}

/** Of one block. */
export class BlockTurns {
  private hasHad = false;

  constructor(
    private readonly all: Turns,
    private readonly rank: number,
  ) {}

  /** @param now of `performance.now()` */
  isOver(now: number): boolean {
    return this.all.isOver(now);
  }

  async next(): Promise<void> {
    // Before all that have had one.
    await this.all.next(this.hasHad ? this.rank : this.rank - Number.MAX_SAFE_INTEGER);
    this.hasHad = true;
  }
}
