/** A block that is shared: after a moment it gives back what it has not begun, while the rest is still in hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { REST_GIVEN_BACK, type BlockInput, type ItemOutcome, type RestGivenBack } from '../src/domain/block';
import type { ReachedOutcomes } from './reached';

const TELL_AGAIN_MS = 1_000;
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
    private readonly shared: BlockInput['shared'],
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
    if (this.shared === undefined || this.telling !== undefined) return;
    this.dueAt = performance.now() + this.shared.afterMs;
    this.timer = setTimeout(() => {
      this.giveBack(this.reached.begun);
    }, this.shared.afterMs);
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
    if (this.shared === undefined || this.telling !== undefined || begun === 0 || begun >= this.total) return;
    this.end = begun;
    const ended = this.reached.toOutcomes().flatMap((outcome, position): [number, ItemOutcome][] => {
      return outcome === null ? [] : [[position, outcome]];
    });
    this.telling = this.tell({ blockId: this.shared.blockId, begun, ended });
  }

  /** Nothing more begins here whether or not the job has heard it: the first call may have reached it all the same. */
  private async tell(told: RestGivenBack): Promise<void> {
    const { client, info, log } = this.context;
    const workflowId = info.workflowExecution?.workflowId ?? '';
    while (!this.over.signal.aborted) {
      try {
        await client.workflow.getHandle(workflowId).signal(REST_GIVEN_BACK, told);
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
