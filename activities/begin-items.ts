/**
 * Has the server write down how many items of a block may have begun, before they do (DESIGN.md, «runBlock»): a block that
 * is lost has begun no other, so those are given back and were no run.
 */
import type { Context } from '@temporalio/activity';
import type { BlockHeartbeat } from '../src/domain/block';
import type { AheadPlaces } from './ahead';
import { beat } from './beat';

/** So many before anything is known of how long they take. */
const FIRST = 16;
/** After that as many as take so long, in milliseconds: a heartbeat of what has ended comes no sooner either. */
const AHEAD_MS = 1_000;
/** More than so many only in one of the few places of the worker, and then no more than those. */
const MANY = { from: 1_000, most: 5_000 };

export class Beginnings {
  private allowed = 0;
  private asking: Promise<boolean> | undefined;
  private isRefused = false;
  private hasPlace = false;
  private isClosed = false;

  /**
   * @param places of the worker
   * @param width how many items run at a time
   * @param total how many there are
   */
  constructor(
    private readonly context: Context,
    private readonly places: AheadPlaces,
    private readonly width: number,
    private readonly total: number,
    /** Told before the server is asked for more, as a report that is on its way must not tell of less. */
    private readonly beforeMore: () => void,
  ) {}

  /** How many items may have begun. */
  get limit(): number {
    return this.allowed;
  }

  /** So many as begin before the server is asked: a block that is lost without a word may have begun them. */
  allowFirst(): void {
    this.allowed = Math.min(this.total, Math.max(this.width, FIRST));
  }

  /**
   * Asks for more.
   *
   * @param outcomesOf those until now, when the server is told
   * @param msEach what an item takes by what has ended; undefined where none has
   * @returns false where the server does not take it: the block is canceled, or was given up since the worker hung
   */
  async ask(outcomesOf: () => BlockHeartbeat['outcomes'], msEach?: number): Promise<boolean> {
    if (this.isRefused) return false;
    // Several may ask at once.
    this.asking ??= this.extend(outcomesOf, msEach).finally(() => {
      this.asking = undefined;
    });
    return await this.asking;
  }

  private async extend(outcomesOf: () => BlockHeartbeat['outcomes'], msEach: number | undefined): Promise<boolean> {
    const ahead = Math.max(
      this.width,
      msEach === undefined ? FIRST : await this.fitting(Math.floor(AHEAD_MS / msEach)),
    );
    const before = this.allowed;
    this.allowed = Math.min(this.total, before + ahead);
    if (before > 0) this.beforeMore();
    const inHand = Array.from({ length: Math.min(this.width, this.total) }, () => null);
    const told = { outcomes: before === 0 ? inHand : outcomesOf(), begun: this.allowed };
    if (await beat(this.context, told)) return true;
    this.isRefused = true;
    this.allowed = before;
    return false;
  }

  /** How many of `wanted` it may be. */
  private async fitting(wanted: number): Promise<number> {
    if (Math.min(wanted, this.total - this.allowed) <= MANY.from) {
      this.release();
      return wanted;
    }
    this.hasPlace ||= await this.places.take();
    // It may have been canceled meanwhile.
    if (this.isClosed) this.release();
    return this.hasPlace ? Math.min(wanted, MANY.most) : FIRST;
  }

  /** To be called once the block begins no other item and those that have ended are written down. */
  close(): void {
    this.isClosed = true;
    this.release();
  }

  private release(): void {
    if (!this.hasPlace) return;
    this.hasPlace = false;
    this.places.giveBack();
  }
}
