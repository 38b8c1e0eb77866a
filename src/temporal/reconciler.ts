/** The schedule of the reconciler (DESIGN.md, «Reconciler»): one for each task queue, made by that queue's own workers. */
import { ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { RECONCILE_WEBHOOKS, reconcilerId } from '../../workflows/messages';
import { DEFINITION_MEMO, ensureSchedule } from './schedules';

/** How often it looks: a receiver is told within a minute (architecture), whatever else takes time. */
const EVERY_MS = 30_000;
const DEFINITION = 1;

/** See {@link ensureSchedule}. */
export async function ensureReconciler(client: Client, taskQueue: string): Promise<void> {
  const wanted = {
    scheduleId: reconcilerId(taskQueue),
    spec: { intervals: [{ every: EVERY_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE_WEBHOOKS,
      workflowId: reconcilerId(taskQueue),
      taskQueue,
      args: [],
      memo: { [DEFINITION_MEMO]: DEFINITION },
      // One that no worker can run must not keep those after it from being started.
      workflowRunTimeout: '10m' as const,
      staticSummary: `webhooks of jobs that were ended from outside, of ${taskQueue}`,
    },
    policies: {
      // Never beside itself.
      overlap: ScheduleOverlapPolicy.SKIP,
      // Each look sees all that has happened meanwhile.
      catchupWindow: '10s' as const,
    },
  };
  await ensureSchedule(client, wanted, DEFINITION);
}
