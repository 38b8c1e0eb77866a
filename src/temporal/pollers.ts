/** Whether someone serves a task queue, by the server's own record of who asked it for work. */
import type { Client } from '@temporalio/client';

/** The server forgets a poller after five minutes; a worker asks at least once a minute. */
const SEEN_WITHIN_MS = 70_000;

/** Temporal's types of the tasks of a queue, by their numbers: the client exports no names for them. */
const TASK_TYPES = { workflow: 1, activity: 2 };

/**
 * @param tasks what its pollers ask for
 * @param isMeant which pollers count, by what they call themselves; default all
 */
export async function isServed(
  client: Client,
  taskQueue: string,
  tasks: keyof typeof TASK_TYPES,
  isMeant: (identity: string) => boolean = () => true,
): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its enum is not exported
    taskQueueType: TASK_TYPES[tasks],
  });
  const oldest = Date.now() - SEEN_WITHIN_MS;
  return pollers.some(
    ({ lastAccessTime, identity }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 >= oldest && isMeant(identity ?? ''),
  );
}
