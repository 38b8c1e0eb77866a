/** Whether a server heeds priorities. It takes them in any case, and tells its settings to nobody: so it is tried. */
import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another than the default, 3, under which a server that heeds none counts every task. */
const PRIORITY = 5;
const DEFAULT_PRIORITY = 3;
const ANSWER_WITHIN = 15_000;

/**
 * Starts a workflow that nobody serves, looks under which priority its task waits, and deletes the workflow.
 *
 * @returns undefined where the server does not tell
 */
export async function heedsPriorities(client: Client): Promise<boolean | undefined> {
  const name = `temporal-pipelines-setup-${randomUUID()}`;
  const handle = await client.workflow.start(name, {
    taskQueue: name,
    workflowId: name,
    workflowExecutionTimeout: '1 minute',
    priority: { priorityKey: PRIORITY },
  });
  try {
    const deadline = Date.now() + ANSWER_WITHIN;
    while (Date.now() < deadline) {
      const waiting = await backlog(client, name);
      if (waiting(PRIORITY)) return true;
      if (waiting(DEFAULT_PRIORITY)) return false;
      await sleep(100);
    }
    return undefined;
  } finally {
    const { namespace } = client.options;
    const workflowExecution = { workflowId: name, runId: handle.firstExecutionRunId };
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  }
}

async function backlog(client: Client, taskQueue: string): Promise<(priority: number) => boolean> {
  const { statsByPriorityKey } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    reportStats: true,
  });
  return (priority) => Number(statsByPriorityKey[String(priority)]?.approximateBacklogCount ?? 0) > 0;
}
