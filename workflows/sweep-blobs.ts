/** Has the blobs removed of jobs that Temporal has forgotten. Started by a schedule. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';

const activities = proxyActivities<Activities>({
  startToCloseTimeout: '6h',
  heartbeatTimeout: '2m',
  retry: { maximumAttempts: 3, initialInterval: '10s' },
});

/** @returns how many jobs' blobs were removed */
export async function sweepBlobs(): Promise<number> {
  return await activities.sweepBlobs();
}
