/**
 * The schedule of the reconciler (DESIGN.md, «Reconciler»): one for each task queue, made by that queue's own workers, since
 * nobody else may be there.
 */
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { RECONCILE_WEBHOOKS, reconcilerId } from '../../workflows/messages';

const WITHIN_MS = 10_000;

/** How often it looks: a receiver is told within a minute (architecture), whatever else takes time. */
const EVERY_MS = 30_000;

/** Of the schedule below; to be raised with each change, so that of two versions of a worker the newer has its way. */
const DEFINITION = 1;
/** The memo of the schedule's workflows that holds it. */
const DEFINITION_MEMO = 'definition';

/**
 * Sees to it that there is a schedule as this version wants it. One that somebody has paused stays so.
 *
 * @throws where the server does not take it within ten seconds, or the namespace allows none
 */
export async function ensureReconciler(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = reconcilerId(taskQueue);
  const wanted = definitionOf(taskQueue);
  await client.connection.withDeadline(Date.now() + WITHIN_MS, async () => {
    try {
      // Jobs may have been ended before there was a schedule.
      await client.schedule.create({ ...wanted, scheduleId, state: { triggerImmediately: true } });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const handle = client.schedule.getHandle(scheduleId);
      const { action } = await handle.describe();
      if (Number(action.memo?.[DEFINITION_MEMO] ?? 0) >= DEFINITION) return;
      await handle.update(({ state }) => ({ ...wanted, state }));
    }
  });
}

function definitionOf(taskQueue: string): Omit<ScheduleOptions, 'scheduleId'> {
  return {
    spec: { intervals: [{ every: EVERY_MS }] },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_WEBHOOKS,
      workflowId: reconcilerId(taskQueue),
      taskQueue,
      args: [],
      memo: { [DEFINITION_MEMO]: DEFINITION },
      // One that no worker can run must not keep those after it from being started.
      workflowRunTimeout: '10m',
      staticSummary: `webhooks of jobs that were ended from outside, of ${taskQueue}`,
    },
    policies: {
      // Never beside itself.
      overlap: ScheduleOverlapPolicy.SKIP,
      // Each look sees all that has happened meanwhile.
      catchupWindow: '10s',
    },
  };
}
