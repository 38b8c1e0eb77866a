/**
 * The names by which a running job, delivery or registry is spoken to (contract §11). Fixed for ever: other SDKs and the
 * `temporal` command use them as text.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { ATTEMPT_OVER, type AttemptOver } from '../src/domain/delivery-input';
import type { DeliveryRecord } from '../src/domain/delivery-record';
import type { AttemptOutcome } from '../src/domain/delivery';
import type { JobStatus, ProgressBody, ResultBody } from '../src/domain/events';
import type { GivenOutput } from '../src/domain/given-output';
import { DEFAULTS, type Pipeline } from '../src/domain/pipeline';
import type { Admission, EntryRequest, PlaceRequest, PlacesState } from '../src/domain/places';
import type { JobAction } from '../src/domain/job-actions';
import type { ItemQuery, NodeStates } from '../src/domain/job-graph';
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

/** How the nodes of a job stood at a time. */
export interface NodesAt {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly nodes: readonly NodeStates[];
}

/** The progress body that a debug subscriber would have got last. */
export const statusQuery = defineQuery<ProgressBody>('status');
/** The result body once the job has ended, else null. */
export const resultsQuery = defineQuery<ResultBody | null>('results');

/** All of its data, where some of it lies in blobs: what `results` answers holds references instead then. Else null. */
export const resultPartsQuery = defineQuery<readonly ResultPart[] | null>('resultParts');

/**
 * What nodes have put out, by their names, in the order in which they are asked for; null for one that is not done. Also of a
 * job that has ended, whose history is replayed for it.
 */
export const outputsQuery = defineQuery<readonly (GivenOutput | null)[], [nodeNames: readonly string[]]>('outputs');
/** How its nodes stand, in the pipeline's order, and since when, in epoch milliseconds. */
export const graphQuery = defineQuery<NodesAt, [query?: ItemQuery]>('graph');
/** What people have done to it, in order. */
export const actionsQuery = defineQuery<readonly JobAction[]>('actions');

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

/**
 * To `deliverWebhook`, from the activity that makes the attempt which its job has begun: what that came to. Ignored where it
 * is no answer to what the delivery waits for.
 */
export const attemptOverSignal = defineSignal<[over: AttemptOver]>(ATTEMPT_OVER);

/** Memo of a `runPipeline` that has closed: `TakenDeliveries`, of the terminal events that were taken at the job's own attempt. */
export const DELIVERIES = 'deliveries';

export const ALGORITHM_REGISTRY = 'algorithmRegistry';
/** To `algorithmRegistry`: what the workers of its task queue serve. */
export const announceSignal = defineSignal<[announcement: Announcement]>('announce');
/** Memo of `algorithmRegistry`: the latest announcement. */
export const ANNOUNCEMENT = 'announcement';

/** The workflow id of the registry of one task queue. */
export function registryId(taskQueue: string): string {
  return `temporal-pipelines-registry/${taskQueue}`;
}

export const CONCURRENCY_LIMIT = 'concurrencyLimit';

/** The workflow id of the limit of one pipeline in one experiment, for the jobs of one task queue. */
export function limitId(
  taskQueue: string,
  { name, experimentName = DEFAULTS.experimentName }: Pick<Pipeline, 'name' | 'experimentName'>,
): string {
  return `temporal-pipelines-limit/${taskQueue}/${experimentName}/${name}`;
}

/** To `concurrencyLimit`, before a job is started that is refused where there is no place: answers whether it has one. */
export const acquireUpdate = defineUpdate<boolean, [request: PlaceRequest]>('acquire');
/** To `concurrencyLimit`, before a job is started that waits for its turn. */
export const lineUpSignal = defineSignal<[request: PlaceRequest]>('lineUp');
/** To `concurrencyLimit`, from a job that has started; answered by `admission` once that is known. */
export const enterSignal = defineSignal<[request: EntryRequest]>('enter');
/** To `concurrencyLimit`, from a job that has ended. */
export const leaveSignal = defineSignal<[jobId: string]>('leave');
/** Who has a place and who waits. */
export const placesQuery = defineQuery<PlacesState>('places');
/** To a job that has asked for a place. */
export const admissionSignal = defineSignal<[admission: Admission]>('admission');

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
