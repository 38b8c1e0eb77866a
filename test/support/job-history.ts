import type { Client } from '@temporalio/client';

/** What a job has had its workflow and the queue's workers do, as its history tells. */
export interface JobHistory {
  /** Local activities that have ended. */
  readonly local: number;
  /** Activities that were scheduled. */
  readonly scheduled: number;
  readonly tasks: number;
  readonly failedTasks: number;
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
    failedTasks: count('workflowTaskFailedEventAttributes') + count('workflowTaskTimedOutEventAttributes'),
  };
}
