/**
 * Tells a stop from a pause. Temporal cancels a running activity either way; which of the two it is stands in the memo
 * of the job (DESIGN.md, «runBlock»), which the server answers though no worker is free to.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { BLOCKS_YIELD } from '../src/domain/block';

/** A paused job may be stopped while an item is still in hand: nobody cancels its activity a second time. */
const ASK_AGAIN_MS = 1_000;
/** As long as Temporal itself leaves to what runs when a worker shuts down; it tells nobody that it has canceled before. */
const SHUTDOWN_GRACE_MS = 10_000;

export interface StopSignal {
  /** Aborted once the items in hand are to end; not by a pause, which lets them finish. */
  readonly signal: AbortSignal;
  /** The block is over: nothing is asked any more. */
  release(): void;
}

export function createStopSignal(context: Context, jobId: string, isShuttingDown: () => boolean): StopSignal {
  const stop = new AbortController();
  // Made only where it is needed, which it nearly never is.
  let asking: AbortController | undefined;
  let over = false;
  const isOver = (): boolean => over;
  // Each item of a block may listen.
  setMaxListeners(0, stop.signal);
  context.cancelled.catch(async (reason: unknown) => {
    if (isOver()) return;
    // A shutdown, a timeout or a job that is gone need no asking, nor what a job's own workflow cancels in itself.
    if (!context.info.isLocal && context.cancellationDetails?.cancelRequested === true) {
      asking = new AbortController();
      await whileYielding(context, jobId, isShuttingDown, asking.signal);
    }
    if (!isOver()) stop.abort(reason);
  });
  return {
    signal: stop.signal,
    release() {
      over = true;
      asking?.abort();
    },
  };
}

async function whileYielding(
  context: Context,
  jobId: string,
  isShuttingDown: () => boolean,
  over: AbortSignal,
): Promise<void> {
  let deadline = Infinity;
  try {
    while (!over.aborted && Date.now() < deadline && (await isYielding(context, jobId))) {
      if (isShuttingDown()) deadline = Math.min(deadline, Date.now() + SHUTDOWN_GRACE_MS);
      await sleep(ASK_AGAIN_MS, undefined, { signal: over });
    }
  } catch (error) {
    if (!over.aborted) context.log.warn('can not tell a pause from a stop, so the block is stopped', { error });
  }
}

async function isYielding({ client }: Context, jobId: string): Promise<boolean> {
  try {
    const { status, memo } = await client.workflow.getHandle(jobId).describe();
    return status.name === 'RUNNING' && memo?.[BLOCKS_YIELD] === true;
  } catch (error) {
    // The server is away: what is in hand goes on until it can be asked.
    if (error instanceof Error && error.name === 'ServiceError') return true;
    throw error;
  }
}
