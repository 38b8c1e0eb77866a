/** The job's side of its batch workflows: starts them, gives them blocks, and takes their reports. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { condition, getExternalWorkflowHandle, ParentClosePolicy, setHandler, startChild } from '@temporalio/workflow';
import { blocksOf } from '../src/domain/batch-workflows';
import type { Job } from '../src/domain/job';
import type { RunBlock } from '../src/domain/hand-out';
import type { JobEvent } from '../src/domain/schedule';
import type { JobSettings } from '../src/domain/settings';
import {
  batchWorkflowId,
  blocksEndedSignal,
  isGone,
  tellBatchSignal,
  type BatchMessage,
  type BatchReport,
} from './batch-messages';
import { runBatch } from './run-batch';

/** How long nothing is heard of one that has blocks until it is looked after: it reports twice in it. */
const SILENCE = '1 minute';
/** Of the blocks in one message, since Temporal refuses a payload over 2 MiB; a larger one travels by itself. */
const MAX_MESSAGE_BYTES = 1_000_000;

type Waiting = { readonly blocks: RunBlock[] } & { -readonly [Key in 'pause' | 'close']?: BatchMessage[Key] };

export class Batches {
  private readonly waiting = new Map<number, Waiting>();
  private isSending = false;
  private hasBegun = false;
  /** Those that an earlier run has started, or this one. */
  private readonly started: Set<number>;

  /** @param apply tells the engine */
  constructor(
    private readonly job: Job,
    private readonly settings: JobSettings,
    private readonly apply: (event: JobEvent) => void,
  ) {
    this.started = new Set(job.batches.live);
  }

  /** Whether all that was said has reached them. */
  get isQuiet(): boolean {
    return this.waiting.size === 0 && !this.isSending;
  }

  handleReports(): void {
    setHandler(blocksEndedSignal, ({ batch, events, isFull }: BatchReport) => {
      for (const event of events) {
        // Not one that was given up, nor one of a run before a reset.
        if (this.job.blocks.get(event.blockId)?.batch === batch) this.apply(event);
      }
      if (!isFull || !this.job.batches.live.includes(batch)) return;
      this.waitingFor(batch).close = true;
      this.apply({ type: 'batchFull', batch });
    });
  }

  run(block: RunBlock, batch: number): void {
    this.waitingFor(batch).blocks.push(block);
  }

  pause(): void {
    for (const batch of this.job.batches.live) this.waitingFor(batch).pause = true;
  }

  /** Has them report seldom. */
  press(): void {
    for (const batch of this.job.batches.live) this.waitingFor(batch);
  }

  /** Has sent what waits, for as long as the job runs. */
  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    void this.send();
  }

  private async send(): Promise<void> {
    for (;;) {
      const isAnyLive = this.job.batches.live.length > 0;
      const isAsked = (): boolean => this.waiting.size > 0 || (!isAnyLive && this.job.batches.live.length > 0);
      if (isAnyLive) {
        if (!(await condition(isAsked, SILENCE))) this.lookAfterThem();
      } else await condition(isAsked);
      for (const [batch, waiting] of this.waiting) {
        this.isSending = true;
        await this.tell(batch, this.takeMessage(batch, waiting));
        this.isSending = false;
      }
    }
  }

  /** The job has ended: they drop what they have and end. */
  async stop(): Promise<void> {
    const all = new Set([...this.job.batches.live, ...this.waiting.keys()]);
    this.waiting.clear();
    if (all.size === 0) return;
    await condition(() => !this.isSending);
    const message: BatchMessage = { blocks: [], isPressed: false, stop: true };
    const started = [...all].filter((batch) => this.started.has(batch));
    await Promise.all(
      // One that is gone needs no stop.
      started.map((batch) =>
        this.handleOf(batch)
          .signal(tellBatchSignal, message)
          .catch(() => undefined),
      ),
    );
  }

  private lookAfterThem(): void {
    for (const batch of this.job.batches.live) if (blocksOf(this.job, batch).length > 0) this.waitingFor(batch);
  }

  private waitingFor(batch: number): Waiting {
    let waiting = this.waiting.get(batch);
    if (waiting === undefined) {
      waiting = { blocks: [] };
      this.waiting.set(batch, waiting);
    }
    return waiting;
  }

  /** What fits into one message; the rest waits on. */
  private takeMessage(batch: number, { blocks, ...flags }: Waiting): BatchMessage {
    let bytes = 0;
    let count = 0;
    for (const block of blocks) {
      bytes += block.bytes;
      if (count > 0 && bytes > MAX_MESSAGE_BYTES) break;
      count++;
    }
    const taken = blocks.splice(0, count).map(({ blockId, input, summary }) => ({ blockId, input, summary }));
    const { isPressed } = this.job.batches;
    // A pause or the end is about all blocks before it.
    if (blocks.length > 0) return { blocks: taken, isPressed };
    this.waiting.delete(batch);
    return { blocks: taken, isPressed, ...flags };
  }

  private async tell(batch: number, message: BatchMessage): Promise<void> {
    try {
      if (this.started.has(batch)) await this.handleOf(batch).signal(tellBatchSignal, message);
      else await this.start(batch, message);
    } catch (error) {
      // Another run's, as after a reset.
      const isTaken = error instanceof WorkflowExecutionAlreadyStartedError;
      if (!isTaken && !isGone(error)) throw error;
      this.lose(batch, isTaken ? { begun: 0 } : {});
    }
  }

  private async start(batch: number, message: BatchMessage): Promise<void> {
    const { window, homes } = this.settings;
    const { jobId } = this.job;
    const child = await startChild(runBatch, {
      workflowId: batchWorkflowId(jobId, batch),
      args: [{ jobId, batch, window: 2 * window, message, ...(homes !== undefined && { homes }) }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    this.started.add(batch);
    // Sooner than by silence, where this run is still there to learn it.
    const look = (): void => {
      if (blocksOf(this.job, batch).length > 0) this.lose(batch, {});
    };
    void child.result().then(look, look);
  }

  private lose(batch: number, known: { readonly begun?: 0 }): void {
    this.waiting.delete(batch);
    this.apply({ type: 'batchLost', batch, error: 'the batch workflow that ran this task is gone', ...known });
  }

  private handleOf(batch: number): ReturnType<typeof getExternalWorkflowHandle> {
    return getExternalWorkflowHandle(batchWorkflowId(this.job.jobId, batch));
  }
}
