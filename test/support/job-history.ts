import type { Client } from '@temporalio/client';

/** `TimeoutType` of Temporal's API, which the SDK does not export. */
const SCHEDULE_TO_START = 2;

/** What a job has had its workflow and the queue's workers do, as its history tells. */
export interface JobHistory {
  /** Local activities that have ended. */
  readonly local: number;
  /** Activities that were scheduled. */
  readonly scheduled: number;
  readonly tasks: number;
  /** Or were lost; not those that a worker was late to take from its own queue, as on a busy machine. */
  readonly failedTasks: number;
}

export async function historyOf(client: Client, jobId: string): Promise<JobHistory> {
  const { events } = await client.workflow.getHandle(jobId).fetchHistory();
  const lost = (events ?? []).filter(({ workflowTaskTimedOutEventAttributes: found }) => {
    return found != null && Number(found.timeoutType) !== SCHEDULE_TO_START;
  });
  const count = (field: keyof NonNullable<typeof events>[number]): number =>
    (events ?? []).filter((event) => event[field] != null).length;
  return {
    local: (events ?? []).filter((event) => event.markerRecordedEventAttributes?.markerName === 'core_local_activity')
      .length,
    scheduled: count('activityTaskScheduledEventAttributes'),
    tasks: count('workflowTaskCompletedEventAttributes'),
    failedTasks: count('workflowTaskFailedEventAttributes') + lost.length,
  };
}
