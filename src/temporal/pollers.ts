/** Whether someone serves a task queue, by the server's own record of who asked it for work. */
import type { Client } from '@temporalio/client';

/** The server forgets a poller after five minutes; a worker asks at least once a minute. */
const SEEN_WITHIN_MS = 70_000;

/** Asks for workflow tasks, which is what the server understands where no type is named. */
export async function isServed(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  });
  const oldest = Date.now() - SEEN_WITHIN_MS;
  return pollers.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 >= oldest);
}
