/** The reconciler without its schedule: one look when a test wants it. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { WebhookKind } from '../../src/domain/delivery';
import type { ReconcilerState } from '../../src/domain/untold';
import { RECONCILE_WEBHOOKS } from '../../workflows/messages';
import { untilListed } from './visibility';

/** @returns what it leaves to the next, once all deliveries are started that were missing */
export function lookOnce(client: Client, taskQueue: string, state?: ReconcilerState): Promise<ReconcilerState> {
  return client.workflow.execute<(given?: ReconcilerState) => Promise<ReconcilerState>>(RECONCILE_WEBHOOKS, {
    workflowId: `look-${randomUUID()}`,
    taskQueue,
    args: state === undefined ? [] : [state],
  });
}

/** Terminates a job from outside, and waits until a look can find it. */
export async function terminateJob(client: Client, jobId: string, reason?: string): Promise<void> {
  await client.workflow.getHandle(jobId).terminate(reason);
  await untilListed(client, 1, `WorkflowId = '${jobId}' AND ExecutionStatus = 'Terminated'`);
}

/** The kinds of the deliveries that there are of a job. */
export async function deliveriesOf(client: Client, jobId: string): Promise<WebhookKind[]> {
  const kinds: WebhookKind[] = [];
  for (const kind of ['progress', 'result'] as const) {
    try {
      await client.workflow.getHandle(`${jobId}/${kind}`).describe();
      kinds.push(kind);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return kinds;
}
