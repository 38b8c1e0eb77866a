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
import { argsAt, isElsewhere, refuseLarge, type BlockInput, type ItemOutcome } from '../src/domain/block';
import type { RunBlock } from '../src/domain/hand-out';
import { homeOf, type Homes } from '../src/domain/homes';
import { GIVEN_UP_MS } from '../src/domain/short';
import { utf8Length, type Json } from '../src/domain/json';
import type { JobEvent } from '../src/domain/schedule';
import { failureEvent, foreignFailure } from './block-failure';

/** An item may work for as long as its job; a lost worker is noticed by its heartbeat. */
const BLOCK_TIMEOUT = '3650 days';
const HEARTBEAT_TIMEOUT = '10s';

type ForeignHome = Extract<AlgorithmHome, { kind: 'activity' }>;

const { runBlock } = proxyActivities<Activities>({
  startToCloseTimeout: BLOCK_TIMEOUT,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 1 },
  // A paused job takes what its blocks have done by then.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** By the worker that has the workflow's task: of an algorithm that is short. */
const { runBlock: runHere } = proxyLocalActivities<Activities>({
  scheduleToStartTimeout: GIVEN_UP_MS,
  startToCloseTimeout: GIVEN_UP_MS,
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Changes nothing, so the server may try it again. */
const { readInput } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 10, maximumInterval: '10s' },
});

export class Blocks {
  private own = new CancellationScope();
  private foreign = new CancellationScope();
  private count = 0;

  /** @param apply told how each block ended, in the very turn in which the workflow learns it: histories hold that order */
  constructor(
    private readonly homes: Homes | undefined,
    private readonly apply: (event: JobEvent) => void,
  ) {}

  /** Activities of which the server has not told the end yet, also after a stop. */
  get inFlight(): number {
    return this.count;
  }

  run(block: RunBlock): void {
    const home = homeOf(this.homes, block.input.algorithmName);
    this.count++;
    void (home?.kind === 'activity' ? this.runForeign(block, home) : this.runOwn(block, home)).finally(() => {
      this.count--;
    });
  }

  /** Ours begin no other item. Foreign activities know no pause: those that Temporal has go on to their end. */
  pause(): void {
    this.own.cancel();
    this.own = new CancellationScope();
  }

  stop(): void {
    this.pause();
    this.foreign.cancel();
  }

  private async runOwn(block: RunBlock, home: AlgorithmHome | undefined): Promise<void> {
    const { blockId, input, summary, isHere } = block;
    const options = { summary, ...(home?.kind === 'worker' && { taskQueue: home.taskQueue }) };
    try {
      const outcome = await this.own.run(() =>
        isHere ? runHere.executeWithOptions({ summary }, [input]) : runBlock.executeWithOptions(options, [input]),
      );
      this.apply({ type: 'blockEnded', blockId, outcome });
    } catch (error) {
      // Canceled by a pause before a worker had taken it.
      const unbegun = isCancellation(error);
      this.apply(unbegun ? { type: 'blockEnded', blockId, outcome: NOTHING_BEGUN } : failureEvent(error, blockId));
    }
  }

  /** A block of one item: the activity takes its arguments as an algorithm does, and answers its result. */
  private async runForeign({ blockId, input, summary }: RunBlock, home: ForeignHome): Promise<void> {
    const { itemTtlMs, items } = input;
    const startedAt = Date.now();
    const end = (outcome: ItemOutcome): void => {
      const durationMs = Date.now() - startedAt;
      this.apply({ type: 'blockEnded', blockId, outcome: { outcomes: [outcome], durationMs } });
    };
    try {
      // Not a turn later where there is nothing to read: histories hold the order of commands.
      const whole = isElsewhere(input.input) ? await this.foreign.run(() => readWhole(input)) : input;
      const output = await this.foreign.run(() =>
        scheduleActivity<unknown>(home.type, [argsAt(whole, 0, items?.[0]?.[0])], {
          taskQueue: home.taskQueue,
          startToCloseTimeout: itemTtlMs ?? BLOCK_TIMEOUT,
          ...(home.heartbeatTimeoutMs !== undefined && { heartbeatTimeout: home.heartbeatTimeoutMs }),
          retry: { maximumAttempts: 1 },
          cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
          summary,
        }),
      );
      end(toOutcome(output));
    } catch (error) {
      const failure = foreignFailure(error, blockId, itemTtlMs !== undefined);
      if ('type' in failure) this.apply(failure);
      else end(failure);
    }
  }
}

/** A foreign activity knows no references. */
async function readWhole(block: BlockInput): Promise<BlockInput> {
  return { ...block, input: await readInput(block.input) };
}

const NOTHING_BEGUN = { outcomes: [], durationMs: 0 };

function toOutcome(output: unknown): ItemOutcome {
  if (ArrayBuffer.isView(output)) return { error: 'the algorithm answered bytes, which is not JSON' };
  const result = (output ?? null) as Json;
  return refuseLarge(utf8Length(JSON.stringify(result))) ?? { result };
}
