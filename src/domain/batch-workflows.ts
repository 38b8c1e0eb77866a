/**
 * Which blocks of a job are run by batch workflows, which outlive a run of the job's own (DESIGN.md, «Width»): all but the
 * first. They are numbered, and one at a time is given blocks.
 */
import type { Job, NodeState } from './job';

/** So many blocks the job's workflow runs itself. */
export const OWN_BLOCKS = 200;
/** How many blocks a batch workflow may hold while its job is pressed: at most 2,000 activities may be pending. */
const PRESSED_WINDOW = 1_000;

/** How many blocks of a job may be in Temporal's hands: reports of several batch workflows' blocks come at once. */
export function windowOf({ settings, batches }: Job): number {
  if (!batches.isInUse) return settings.window;
  return batches.isPressed ? Math.max(PRESSED_WINDOW, settings.window) : 2 * settings.window;
}

/**
 * The batch workflow that the next block of a node is given to; undefined where the job's workflow runs it itself: the one
 * task of a node that is no batch costs its history little, and would only get there later; where the run is about to end,
 * it would hold that up.
 */
export function batchForNext({ batches }: Job, { plan }: NodeState): number | undefined {
  if (!batches.isInUse || (!plan.isBatch && !batches.isPressed)) return undefined;
  if (batches.open === undefined) {
    batches.open = ++batches.count;
    batches.live.push(batches.open);
  }
  return batches.open;
}

/** It is given no more blocks, as its history has grown long, or as it is gone. */
export function closeBatch(job: Job, batch: number): void {
  if (job.batches.open === batch) job.batches.open = undefined;
  forgetIdle(job, batch);
}

/** Forgets a batch workflow that is given nothing more and has no block left. */
export function forgetIdle(job: Job, batch: number | undefined): void {
  const { batches } = job;
  if (batch === undefined || batch === batches.open || blocksOf(job, batch).length > 0) return;
  batches.live = batches.live.filter((one) => one !== batch);
}

/** The blocks that a batch workflow has; without one, those that the job's workflow runs itself. */
export function blocksOf({ blocks }: Job, batch: number | undefined): number[] {
  return [...blocks].filter(([, block]) => block.batch === batch).map(([blockId]) => blockId);
}
