/**
 * Runs blocks for a job and reports how they ended, so that neither the length of the job's history nor its next run has to
 * wait for them (DESIGN.md, «Width»). It decides nothing: what is run, again or no more, the job says.
 */
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { utf8Length } from '../src/domain/json';
import type { BlockEvent } from '../src/domain/schedule';
import {
  blocksEndedSignal,
  isGone,
  tellBatchSignal,
  type BatchInput,
  type BatchMessage,
  type BatchReport,
} from './batch-messages';
import { Blocks, type BlockToRun } from './blocks';

/** When it reports what has ended: where that is a quarter of what it still has, so that there is always something to run, or after a time. */
const REPORT_SHARE = 4;
const REPORT_AFTER = '1s';
const PRESSED_REPORT_AFTER = '30s';
/** How often it looks, having nothing to tell, whether its job is still there: while it has blocks, and while it has none. */
const BUSY_LOOK = '30s';
const IDLE_LOOK = '10 minutes';
/** The job may not take a report for now, as where its run has had all signals that Temporal allows. */
const RETRY = '10s';
/** Of the events of one report, since Temporal refuses a payload over 2 MiB; a larger one travels by itself. */
const MAX_REPORT_BYTES = 1_000_000;

/** @returns once its blocks have ended and no more will come, or its job has ended */
export async function runBatch({ jobId, batch, window, homes, message }: BatchInput): Promise<void> {
  const queue: BlockToRun[] = [];
  const ended: BlockEvent[] = [];
  let isClosed = false;
  let isStopped = false;
  let isPressed = false;
  let isUrgent = false;
  let isPaused = false;
  const blocks = new Blocks(
    homes,
    (event) => {
      ended.push(event);
      isUrgent ||= isNews(event);
    },
    () => isPaused,
    true,
  );
  const isIdle = (): boolean => queue.length === 0 && blocks.inFlight === 0;

  const take = (told: BatchMessage): void => {
    queue.push(...told.blocks);
    isPressed = told.isPressed;
    isClosed ||= told.close === true;
    // Blocks that come after a pause are those of a job that was resumed.
    if (told.blocks.length > 0) isPaused = false;
    if (told.pause === true) giveBack();
    if (told.stop === true) stop();
  };

  // Nobody else can stop it: a cancel from outside would leave its job waiting.
  await CancellationScope.nonCancellable(async () => {
    setHandler(tellBatchSignal, take);
    take(message);
    void runQueued();
    while (!isStopped && !(isClosed && isIdle() && ended.length === 0)) await tell();
    await condition(() => blocks.inFlight === 0);
  });

  async function runQueued(): Promise<void> {
    for (;;) {
      await condition(() => queue.length > 0 && blocks.inFlight < window);
      while (blocks.inFlight < window) {
        const next = queue.shift();
        if (next === undefined) break;
        blocks.run(next);
      }
    }
  }

  async function tell(): Promise<void> {
    const hasNews = (): boolean => isStopped || ended.length > 0 || (isClosed && isIdle());
    const hasWaited = !(await condition(hasNews, isIdle() ? IDLE_LOOK : BUSY_LOOK));
    if (!hasWaited) {
      await condition(isDue, isPressed ? PRESSED_REPORT_AFTER : REPORT_AFTER);
    }
    if (!isStopped && (hasWaited || ended.length > 0)) await report();
  }

  function isDue(): boolean {
    return isStopped || isUrgent || ended.length * REPORT_SHARE >= queue.length + blocks.inFlight;
  }

  async function report(): Promise<void> {
    const events = takeReport(ended);
    isUrgent = ended.some(isNews);
    const told: BatchReport = { batch, events, isFull: !isClosed && workflowInfo().continueAsNewSuggested };
    try {
      await getExternalWorkflowHandle(jobId).signal(blocksEndedSignal, told);
    } catch (error) {
      if (isGone(error)) stop();
      else {
        ended.unshift(...events);
        await condition(() => isStopped, RETRY);
      }
    }
  }

  function giveBack(): void {
    isPaused = true;
    for (const { blockId } of queue.splice(0)) {
      ended.push({ type: 'blockEnded', blockId, outcome: { outcomes: [], durationMs: 0 } });
    }
    isUrgent ||= ended.length > 0;
    blocks.pause();
  }

  function stop(): void {
    isStopped = true;
    queue.length = 0;
    blocks.stop();
  }
}

/** Whether the job may do something else for it than hand out the next block. */
function isNews(event: BlockEvent): boolean {
  if (event.type !== 'blockEnded') return true;
  const { outcomes, stored } = event.outcome;
  if (stored !== undefined) return stored.failures.length > 0;
  return outcomes.length === 0 || outcomes.some((outcome) => 'error' in outcome);
}

function takeReport(ended: BlockEvent[]): BlockEvent[] {
  let bytes = 0;
  let count = 0;
  for (const event of ended) {
    bytes += utf8Length(JSON.stringify(event));
    if (count > 0 && bytes > MAX_REPORT_BYTES) break;
    count++;
  }
  return ended.splice(0, count);
}
