/** What whoever starts a job may set besides the pipeline: the second argument of the workflow `runPipeline`. */
import { MUST_DELIVER } from './delivery';

export interface JobSettings {
  /** How many blocks of one job may be in Temporal's hands at once. Default 50. */
  readonly window: number;
  /** The task queue of the activities that send webhooks. Default: the job's own with `-webhooks` behind it. */
  readonly webhookTaskQueue?: string;
  /** The throttle of events below info, and of warnings past the first hundred. Default 1,000 ms. */
  readonly progressIntervalMs: number;
  /** The hard deadline of one attempt of a progress event that is not the terminal one. Default 5,000 ms. */
  readonly progressTimeoutMs: number;
  /** The hard deadline of one attempt of a must-deliver event. Default 15,000 ms. */
  readonly attemptTimeoutMs: number;
  /** The delays of a must-deliver event in milliseconds. Default: contract §7. */
  readonly retryScheduleMs: readonly number[];
  /** How long a dead delivery can be redelivered. Default 14 days. */
  readonly deliveryRetentionMs: number;
}

export const DEFAULT_SETTINGS: JobSettings = {
  window: 50,
  progressIntervalMs: 1_000,
  progressTimeoutMs: 5_000,
  attemptTimeoutMs: 15_000,
  retryScheduleMs: MUST_DELIVER.scheduleMs,
  deliveryRetentionMs: 14 * 86_400_000,
};
