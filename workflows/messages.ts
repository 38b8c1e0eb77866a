/**
 * The names by which a running job, delivery or registry is spoken to (contract §11). Fixed for ever: other SDKs and the
 * `temporal` command use them as text.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { DeliveryRecord } from '../src/domain/delivery-record';
import type { AttemptOutcome } from '../src/domain/delivery';
import type { JobStatus, ProgressBody, ResultBody } from '../src/domain/events';
import type { Announcement } from '../src/domain/registry';
import type { ResultPart } from '../src/domain/result-parts';

export const RUN_PIPELINE = 'runPipeline';
export const DELIVER_WEBHOOK = 'deliverWebhook';
export const TEST_WEBHOOK = 'testWebhook';

/** What became of a progress event. */
export interface ProgressOutcome {
  readonly url: string;
  /** What the event told of the job. */
  readonly status: JobStatus;
  readonly outcome: AttemptOutcome;
}

/** The progress body that a debug subscriber would have got last. */
export const statusQuery = defineQuery<ProgressBody>('status');
/** The result body once the job has ended, else null. */
export const resultsQuery = defineQuery<ResultBody | null>('results');

/** All of its data, where some of it lies in blobs: what `results` answers holds references instead then. Else null. */
export const resultPartsQuery = defineQuery<readonly ResultPart[] | null>('resultParts');

/** How the last progress event was answered that the job itself has sent; null before the first answer. */
export const progressOutcomeQuery = defineQuery<ProgressOutcome | null>('progressOutcome');

/** Each answers the status after it, and is rejected with type `WrongState` where the job's status does not allow it. */
export const stopUpdate = defineUpdate<ProgressBody, [reason?: string]>('stop');
export const pauseUpdate = defineUpdate<ProgressBody>('pause');
export const resumeUpdate = defineUpdate<ProgressBody>('resume');

/** The same without an answer; where the status does not allow it nothing happens. */
export const stopSignal = defineSignal<[reason?: string]>('stop');
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');

/** To `deliverWebhook`: the delivery that goes before this one to the same URL has ended. */
export const predecessorEndedSignal = defineSignal('predecessorEnded');
/**
 * To `deliverWebhook`: make a manual attempt, now or after so many milliseconds. While one is asked for or being made,
 * nothing is asked for twice.
 */
export const redeliverSignal = defineSignal<[delayMs?: number]>('redeliver');
export const deliveryQuery = defineQuery<DeliveryRecord>('delivery');

/** Memo of a `deliverWebhook` that is open: a `DeliveryMemo`. */
export const DELIVERY = 'delivery';

export const ALGORITHM_REGISTRY = 'algorithmRegistry';
/** To `algorithmRegistry`: what the workers of its task queue serve. */
export const announceSignal = defineSignal<[announcement: Announcement]>('announce');
/** Memo of `algorithmRegistry`: the latest announcement. */
export const ANNOUNCEMENT = 'announcement';

/** The workflow id of the registry of one task queue. */
export function registryId(taskQueue: string): string {
  return `temporal-pipelines-registry/${taskQueue}`;
}

/** The id of the workflow that starts what a job has triggered. */
export function triggersId(jobId: string): string {
  return `${jobId}/triggers`;
}

export const START_SCHEDULED = 'startScheduled';

/** What the ids of the schedules and workflows begin with by which one task queue's stored pipelines run at their times. */
export function cronPrefix(taskQueue: string): string {
  return `temporal-pipelines-cron/${taskQueue}/`;
}

export const RECONCILE_WEBHOOKS = 'reconcileWebhooks';

/** The id of the schedule that starts `reconcileWebhooks` for the jobs of one task queue, and of its workflows' beginning. */
export function reconcilerId(taskQueue: string): string {
  return `temporal-pipelines-reconciler/${taskQueue}`;
}

export const SWEEP_BLOBS = 'sweepBlobs';

/** The id of the schedule that starts `sweepBlobs` for one task queue, and of its workflows' beginning. */
export function sweeperId(taskQueue: string): string {
  return `temporal-pipelines-sweeper/${taskQueue}`;
}
