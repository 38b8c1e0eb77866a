/**
 * A block that is shared: after a moment it gives back what it has not begun, while the rest is still in hand. Where all have
 * begun by then, what has ended is told a little later, so that it does not wait for the slowest of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { REST_GIVEN_BACK, type BlockInput, type RestGivenBack } from '../src/domain/block';
import type { ReachedOutcomes } from './reached';

const TELL_AGAIN_MS = 1_000;
/** Most blocks of quick items end by themselves before: a signal costs as much as they do. */
const TELL_ENDED_MS = 1_000;
const TOLD_WITHIN_MS = 1_000;

export class SharedBlock {
  private end = Infinity;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Infinity;
  private telling: Promise<void> | undefined;
  private readonly over = new AbortController();

  /** @param total how many items the block has */
  constructor(
    private readonly context: Context,
    private readonly block: Pick<BlockInput, 'shared' | 'inlineBytes'>,
    private readonly total: number,
    private readonly reached: ReachedOutcomes,
  ) {}

  /** How many of its items it may begin. */
  get limit(): number {
    return this.end;
  }

  /**
   * Of items that are known to take longer than is waited, before the first of them begins: one that never yields would
   * keep the others here.
   *
   * @param width how many it goes on with
   */
  async giveBackNow(width: number): Promise<void> {
    this.giveBack(width);
    await Promise.race([this.telling, sleep(TOLD_WITHIN_MS, undefined, { ref: false })]);
  }

  /**
   * Its first item begins. What it has waited for its turn tells nothing of how long items take: on a busy worker quick
   * ones would be given back, each then as an activity of its own, which keeps it busy.
   */
  start(): void {
    const { shared } = this.block;
    if (shared === undefined || this.telling !== undefined) return;
    this.dueAt = performance.now() + shared.afterMs;
    this.timer = setTimeout(() => {
      this.giveBack(this.reached.begun);
      this.tellEndedLater();
    }, shared.afterMs);
  }

  /** To be asked between items: those that never yield let no timer fire. */
  look(now: number): void {
    if (now >= this.dueAt) this.giveBack(this.reached.begun);
  }

  /** The block is over: what was not told is told by its end. */
  async release(): Promise<void> {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
    this.over.abort();
    await this.telling;
  }

  private giveBack(begun: number): void {
    if (begun > 0 && begun < this.total) this.tell(begun);
  }

  /** Of a block that has begun all of its items. It tells once: what ends after that is told by its own end. */
  private tellEndedLater(): void {
    if (this.telling !== undefined) return;
    this.timer = setTimeout(() => {
      this.tell(this.total);
      this.tellEndedLater();
    }, TELL_ENDED_MS);
  }

  private tell(begun: number): void {
    const { shared, inlineBytes } = this.block;
    if (shared === undefined || this.telling !== undefined) return;
    const ended = this.reached.toEnded(inlineBytes);
    if (begun === this.total && ended.length === 0) return;
    this.end = begun;
    this.telling = this.signal({ blockId: shared.blockId, begun, ended });
  }

  /** Nothing more begins here whether or not the job has heard it: the first call may have reached it all the same. */
  private async signal(told: RestGivenBack): Promise<void> {
    const { client, info, log } = this.context;
    const { workflowId = '', runId } = info.workflowExecution ?? {};
    // Another run of this id knows other blocks by these numbers.
    const job = client.workflow.getHandle(workflowId, runId);
    while (!this.over.signal.aborted) {
      try {
        await job.signal(REST_GIVEN_BACK, told);
        return;
      } catch (error) {
        // A job that has ended takes nothing back.
        if (error instanceof Error && error.name === 'WorkflowNotFoundError') return;
        log.debug('the rest of the block can not be given back yet', { error });
        await sleep(TELL_AGAIN_MS, undefined, { signal: this.over.signal }).catch(() => undefined);
      }
    }
  }
}
