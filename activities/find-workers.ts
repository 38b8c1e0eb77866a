/** The activity `findWorkers`: whether anybody is there to take a job's blocks (contract §6, the last rule). */
import { Context } from '@temporalio/activity';
import type { Activities } from './contract';

/** Whether a worker has asked a task queue for activities of late. */
export type IsServed = (client: Context['client'], taskQueue: string) => Promise<boolean>;

/** Temporal's state of a pending activity that a worker has taken. */
const STARTED = 2;

/**
 * Makes the activity that looks for workers.
 *
 * @param isServed asks the server, over the worker's own connection
 */
export function createFindWorkers(isServed: IsServed): Activities['findWorkers'] {
  return async ({ jobId, taskQueue, activityType }) => {
    const { client } = Context.current();
    const { raw } = await client.workflow.getHandle(jobId).describe();
    const taken = raw.pendingActivities?.filter(({ state }) => Number(state) === STARTED) ?? [];
    return {
      served: await isServed(client, taskQueue),
      started: taken.some((activity) => {
        // Older servers do not tell the queue.
        const queue = activity.activityOptions?.taskQueue?.name ?? taskQueue;
        return activity.activityType?.name === activityType && queue === taskQueue;
      }),
    };
  };
}
