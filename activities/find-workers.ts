/** The activity `findWorkers`: whether anybody is there to take a job's blocks (contract §6, the last rule). */
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
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
  return async ({ jobId, taskQueue, activityType, batches = [] }) => {
    const { client } = Context.current();
    const all = await Promise.all([jobId, ...batches].map((workflowId) => pendingOf(client, workflowId)));
    const taken = all.flat().filter(({ state }) => Number(state) === STARTED);
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

type Raw = Awaited<ReturnType<ReturnType<Context['client']['workflow']['getHandle']>['describe']>>['raw'];

async function pendingOf(
  { workflow }: Context['client'],
  workflowId: string,
): Promise<NonNullable<Raw['pendingActivities']>> {
  try {
    const { raw } = await workflow.getHandle(workflowId).describe();
    return raw.pendingActivities ?? [];
  } catch (error) {
    // A batch workflow that has not started yet.
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
