/** Starts a stored pipeline at one of its times (DESIGN.md, «Cron»). Started by that pipeline's schedule. */
import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';

/** Local, so that no algorithm can take its slot; again for as long as the schedule lets it. */
const { startStored } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumInterval: '10s' },
  localRetryThreshold: '5s',
});

/**
 * The schedule makes the workflow id of the time, so that each time has one job, however often it is come back to.
 *
 * @returns the job id
 */
export async function startScheduled({ name }: { readonly name: string }): Promise<string> {
  return await startStored({ name, key: workflowInfo().workflowId, kind: 'cron' });
}
