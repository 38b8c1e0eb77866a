/**
 * Starts the deliveries that a job could not start, as it was ended from outside (DESIGN.md, «Reconciler»). Started by a
 * schedule, with an end within seconds; what it returns is what the next one begins with.
 */
import { continueAsNew, log, proxyLocalActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { parseReconcilerState, type ReconcilerState, type UntoldJob } from '../src/domain/untold';
import { startUntoldProgress, startUntoldResult } from './deliveries';

/** Local, as a worker whose every slot is held by an algorithm for hours still has some for these. */
const { findUntold } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '60s',
  retry: { maximumAttempts: 3 },
});

/**
 * Looks once at all that has closed since the last look.
 *
 * @param given what the run before has left, where this one continues it
 */
export async function reconcileWebhooks(given?: ReconcilerState): Promise<ReconcilerState> {
  const { lastResult, taskQueue } = workflowInfo();
  let state = given ?? parseReconcilerState(lastResult);
  for (;;) {
    const found = await findUntold({ taskQueue, ...(state !== undefined && { state }) });
    await tell(found.untold);
    state = found.state;
    if (!found.more) return state;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof reconcileWebhooks>(state);
  }
}

async function tell(untold: readonly UntoldJob[]): Promise<void> {
  if (untold.length === 0) return;
  log.info('telling of jobs that were ended from outside', { jobIds: untold.map(({ jobId }) => jobId) });
  // The result's delivery is there first, as the progress event's wakes it when it ends.
  const results = await Promise.all(untold.map(startUntoldResult));
  // The terminal event is the last: not even an attempt in flight may arrive behind it.
  const quietAt = Math.max(...untold.map((job) => job.quietAt ?? 0));
  if (quietAt > Date.now()) await sleep(Math.max(1_000, quietAt - Date.now()));
  await Promise.all(untold.map((job, index) => startUntoldProgress(job, results[index])));
}
