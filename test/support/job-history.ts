import type { Client } from '@temporalio/client';

/** By the number of Temporal's TimeoutType. */
const TIMEOUTS = ['unspecified', 'start to close', 'schedule to start', 'schedule to close', 'heartbeat'];

/** What a job has had its workflow and the queue's workers do, as its history tells. */
export interface JobHistory {
  /** Local activities that have ended. */
  readonly local: number;
  /** Activities that were scheduled. */
  readonly scheduled: number;
  readonly tasks: number;
  /** Why, of each workflow task that was not completed. */
  readonly failedTasks: readonly string[];
}

export async function historyOf(client: Client, jobId: string): Promise<JobHistory> {
  const { events } = await client.workflow.getHandle(jobId).fetchHistory();
  const count = (field: keyof NonNullable<typeof events>[number]): number =>
    (events ?? []).filter((event) => event[field] != null).length;
  return {
    local: (events ?? []).filter((event) => event.markerRecordedEventAttributes?.markerName === 'core_local_activity')
      .length,
    scheduled: count('activityTaskScheduledEventAttributes'),
    tasks: count('workflowTaskCompletedEventAttributes'),
    failedTasks: (events ?? []).flatMap(
      ({ workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: late }) => {
        if (late != null) return [`timed out: ${TIMEOUTS[late.timeoutType ?? 0] ?? ''}`];
        return failed == null ? [] : [failed.failure?.message ?? String(failed.cause)];
      },
    ),
  };
}
