/** Has a job's blocks run where their algorithms are at home (contract §10). */
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import type { AlgorithmHome } from '../src/domain/algorithm-definition';
import { argsAt, isElsewhere, refuseLarge, type ItemOutcome } from '../src/domain/block';
import type { RunBlock } from '../src/domain/hand-out';
import { homeOf, type Homes } from '../src/domain/homes';
import { GIVEN_UP_MS } from '../src/domain/short';
import { utf8Length, type Json } from '../src/domain/json';
import type { BlockEvent } from '../src/domain/schedule';
import { failureEvent, foreignFailure, readFailure } from './block-failure';
import { Room } from './room';

/** An item may work for as long as its job; a lost worker is noticed by its heartbeat. */
const BLOCK_TIMEOUT = '3650 days';
const HEARTBEAT_TIMEOUT = '10s';

/**
 * Eager blocks are run by the very worker that runs the job's workflow, which is faster, and passes all others by: with
 * items of a second it took every block of a batch, and a worker that joined took none.
 */
const MAX_EAGER = 3;

type ForeignHome = Extract<AlgorithmHome, { kind: 'activity' }>;

const { runBlock } = proxyActivities<Activities>({
  startToCloseTimeout: BLOCK_TIMEOUT,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 1 },
  // A paused job takes what its blocks have done by then.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/**
 * By the worker that has the workflow's task: of an algorithm that is short. Nothing cancels it, as the workflow hears of
 * nothing before its end.
 */
const { runBlock: runHere } = proxyLocalActivities<Activities>({
  scheduleToStartTimeout: GIVEN_UP_MS,
  startToCloseTimeout: GIVEN_UP_MS,
  retry: { maximumAttempts: 1 },
});

/** The job tries it again, and not the server: what waits is to be seen. */
const { readInput } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

export type BlockToRun = Pick<RunBlock, 'blockId' | 'input' | 'summary' | 'isHere'>;

export class Blocks {
  /** Made with the first block: each costs the workflow some promises. */
  private own: CancellationScope | undefined;
  private foreign: CancellationScope | undefined;
  private readonly room = new Room();
  private count = 0;
  private here = 0;

  /**
   * @param isHeld whether nothing more is to begin, as in a pause
   * @param apply told how each block ended, in the very turn in which the workflow learns it: histories hold that order
   * @param hasScopes whether it begins with what cancels blocks, as the histories of earlier versions hold that order
   */
  constructor(
    private readonly homes: Homes | undefined,
    private readonly apply: (event: BlockEvent) => void,
    private readonly isHeld: () => boolean,
    hasScopes: boolean,
  ) {
    if (!hasScopes) return;
    this.own = new CancellationScope();
    this.foreign = new CancellationScope();
  }

  /** Activities of which the server has not told the end yet, also after a stop. */
  get inFlight(): number {
    return this.count;
  }

  /** Whether the workflow's task goes on until some have ended: till then the server hears of nothing. */
  get isRunningHere(): boolean {
    return this.here > 0;
  }

  run(block: BlockToRun): void {
    const { algorithmName, output } = block.input;
    const home = output === true ? undefined : homeOf(this.homes, algorithmName);
    this.count++;
    void this.runAtHome(block, home);
  }

  private end(event: BlockEvent, isHere?: boolean): void {
    if (isHere === true) this.here--;
    this.apply(event);
    this.count--;
  }

  private runCancelably<T>(run: () => Promise<T>): Promise<T> {
    this.own ??= new CancellationScope();
    return this.own.run(run);
  }

  private runForeignly<T>(run: () => Promise<T>): Promise<T> {
    this.foreign ??= new CancellationScope();
    return this.foreign.run(run);
  }

  private runAtHome(block: BlockToRun, home: AlgorithmHome | undefined): Promise<void> {
    if (home?.kind !== 'activity') return this.runOwn(block, home);
    // Not a turn later where there is nothing to read: histories hold the order of commands.
    return isElsewhere(block.input.input) ? this.readAndRun(block, home) : this.runForeign(block, home);
  }

  /** Ours begin no other item. Foreign activities know no pause: those that Temporal has go on to their end. */
  pause(): void {
    this.own?.cancel();
    this.own = undefined;
  }

  stop(): void {
    this.pause();
    this.foreign?.cancel();
  }

  private async runOwn(block: BlockToRun, home: AlgorithmHome | undefined): Promise<void> {
    const { blockId, input, summary, isHere } = block;
    const options = {
      summary,
      allowEagerDispatch: this.count <= MAX_EAGER,
      ...(home?.kind === 'worker' && { taskQueue: home.taskQueue }),
    };
    if (isHere === true) this.here++;
    try {
      const outcome =
        isHere === true
          ? await runHere.executeWithOptions({ summary }, [input])
          : await this.runCancelably(() => runBlock.executeWithOptions(options, [input]));
      this.end({ type: 'blockEnded', blockId, outcome }, isHere);
    } catch (error) {
      // Canceled by a pause before a worker had taken it.
      const unbegun = isCancellation(error);
      this.end(unbegun ? { type: 'blockEnded', blockId, outcome: NOTHING_BEGUN } : failureEvent(error, block), isHere);
    }
  }

  /** A foreign activity knows no references. */
  private async readAndRun(block: BlockToRun, home: ForeignHome): Promise<void> {
    const { blockId, input } = block;
    const { nodeName } = input;
    let taken: number | undefined;
    try {
      taken = await this.runForeignly(() => this.room.take(nodeName, this.isHeld));
      if (taken === undefined) {
        this.end({ type: 'blockEnded', blockId, outcome: NOTHING_BEGUN });
        return;
      }
      const read = await this.runForeignly(() => readInput(input.input));
      const bytes = utf8Length(JSON.stringify(read));
      this.room.fit(nodeName, taken, bytes);
      taken = bytes;
      // A pause that came meanwhile lets nothing begin.
      if (this.isHeld()) this.end({ type: 'blockEnded', blockId, outcome: NOTHING_BEGUN });
      else await this.runForeign({ ...block, input: { ...input, input: read } }, home);
    } catch (error) {
      const failure = readFailure(error, blockId);
      this.end('type' in failure ? failure : endOf(blockId, failure, 0));
    } finally {
      if (taken !== undefined) this.room.free(taken);
    }
  }

  /** A block of one item: the activity takes its arguments as an algorithm does, and answers its result. */
  private async runForeign({ blockId, input, summary }: BlockToRun, home: ForeignHome): Promise<void> {
    const { itemTtlMs, items } = input;
    const startedAt = Date.now();
    try {
      const output = await this.runForeignly(() =>
        scheduleActivity<unknown>(home.type, [argsAt(input, 0, items?.[0]?.[0])], {
          taskQueue: home.taskQueue,
          startToCloseTimeout: itemTtlMs ?? BLOCK_TIMEOUT,
          ...(home.heartbeatTimeoutMs !== undefined && { heartbeatTimeout: home.heartbeatTimeoutMs }),
          retry: { maximumAttempts: 1 },
          cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
          summary,
        }),
      );
      this.end(endOf(blockId, toOutcome(output), Date.now() - startedAt));
    } catch (error) {
      const failure = foreignFailure(error, blockId, itemTtlMs !== undefined);
      this.end('type' in failure ? failure : endOf(blockId, failure, Date.now() - startedAt));
    }
  }
}

function endOf(blockId: number, outcome: ItemOutcome, durationMs: number): BlockEvent {
  return { type: 'blockEnded', blockId, outcome: { outcomes: [outcome], durationMs } };
}

const NOTHING_BEGUN = { outcomes: [], durationMs: 0 };

function toOutcome(output: unknown): ItemOutcome {
  if (ArrayBuffer.isView(output)) return { error: 'the algorithm answered bytes, which is not JSON' };
  const result = (output ?? null) as Json;
  return refuseLarge(utf8Length(JSON.stringify(result))) ?? { result };
}
