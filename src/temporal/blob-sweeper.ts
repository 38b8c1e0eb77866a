/** The schedule by which the blobs of forgotten jobs are removed (DESIGN.md, «Large values»). */
import { ScheduleOverlapPolicy, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { deliveryId } from '../domain/delivery-input';
import { SWEEP_BLOBS, sweeperId } from '../../workflows/messages';
import { hasDeliveries } from './find-deliveries';
import { DEFINITION_MEMO, ensureSchedule } from './schedules';

const EVERY_MS = 3_600_000;
const DEFINITION = 1;

/** See {@link ensureSchedule}. */
export async function ensureBlobSweeper(client: Client, taskQueue: string): Promise<void> {
  const wanted = {
    scheduleId: sweeperId(taskQueue),
    spec: { intervals: [{ every: EVERY_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: SWEEP_BLOBS,
      workflowId: sweeperId(taskQueue),
      taskQueue,
      args: [],
      memo: { [DEFINITION_MEMO]: DEFINITION },
      workflowRunTimeout: '12h' as const,
      staticSummary: 'blobs of jobs that Temporal has forgotten',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10s' as const },
  };
  await ensureSchedule(client, wanted, DEFINITION);
}

/** Whether Temporal knows a job still, or a delivery that may name its blobs. */
export async function isRetained(client: Client, jobId: string): Promise<boolean> {
  for (const workflowId of [jobId, deliveryId(jobId, 'result'), deliveryId(jobId, 'progress')]) {
    try {
      await client.workflow.getHandle(workflowId).describe();
      return true;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  // A later job of the same id may have deliveries under other ids.
  return await hasDeliveries(client, jobId);
}

/**
 * The id of a namespace is no other's, though its name may be: that of another Temporal that shares the store.
 *
 * @returns asks once for each client
 */
export function createNamespaceId(): (client: Client) => Promise<string> {
  const known = new WeakMap<Client, Promise<string>>();
  return (client) => {
    const found = known.get(client) ?? readNamespaceId(client);
    known.set(client, found);
    found.catch(() => known.delete(client));
    return found;
  };
}

async function readNamespaceId({ workflowService, options: { namespace } }: Client): Promise<string> {
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  if (!namespaceInfo?.id) throw new Error(`the namespace ${namespace} has no id`);
  return namespaceInfo.id;
}
