// Types only: all that workflows may import from this folder.
import type { BlockForm, BlockInput, BlockOutcome } from '../src/domain/block';
import type { KeepInput, KeptOutcomes } from '../src/domain/keep';
import type { ResultDraft, WrittenResult } from '../src/domain/result-parts';
import type { WorkersSeen } from '../src/domain/service';
import type { SentOutcome, WebhookKind, WebhookRequest } from '../src/domain/delivery';
import type { Limited } from '../src/domain/limited';
import type { Findings } from '../src/domain/places';
import type { FoundUntold, ReconcilerState } from '../src/domain/untold';
import type { StoredStart } from '../src/domain/stored-start';

/** Whose workers are looked for, and for which job. */
export interface FindWorkersInput {
  readonly jobId: string;
  readonly taskQueue: string;
  /** The pending activities of this type of the job and its batch workflows tell whether one was taken. */
  readonly activityType: string;
  /** The ids of the job's batch workflows. */
  readonly batches?: readonly string[];
}

/** What was found of some jobs. */
export interface FoundEnded extends Findings {
  /** How many were looked at, from the first on. */
  readonly looked: number;
}

/** Whose jobs are looked at, and what the last look has left. */
export interface FindUntoldInput {
  readonly taskQueue: string;
  readonly state?: ReconcilerState;
}

/** Whose delivery is asked for. */
export interface OwnDeliveryInput {
  readonly jobId: string;
  readonly kind: WebhookKind;
  /** Of the job's runs. */
  readonly firstRunId: string;
}

/** The activities that our workflows call. */
export interface Activities {
  /** Looks which of these jobs have ended, for as long as a workflow's task may wait. */
  findEnded(jobIds: readonly string[]): Promise<FoundEnded>;
  /** Names the stored pipelines that are triggered by one of that name; none where the worker knows no stored pipelines. */
  findTriggered(pipelineName: string): Promise<readonly string[]>;
  /** Starts a stored pipeline, once for a key, and answers its job id. */
  startStored(request: StoredStart): Promise<string>;
  /** Looks for jobs that were ended from outside and whose receivers were not told. */
  findUntold(input: FindUntoldInput): Promise<FoundUntold>;
  /** Looks whether the delivery of that kind and job id is of these runs of it, and not of an earlier job of the same id. */
  isOwnDelivery(input: OwnDeliveryInput): Promise<boolean>;
  /** Looks whether the namespace has our search attributes: a workflow that sets one it lacks would retry for ever. */
  hasSearchAttributes(): Promise<boolean>;
  /** Looks whether anybody serves a task queue, and whether a block of a job was taken. */
  findWorkers(input: FindWorkersInput): Promise<WorkersSeen>;
  /** Runs a block of items of one node and answers one outcome per item (DESIGN.md, «runBlock»). */
  runBlock(input: BlockInput): Promise<BlockOutcome>;
  /** Reads what of an input lies in blobs, for an algorithm that can not. */
  readInput(input: BlockForm): Promise<BlockForm>;
  /** Writes outcomes down that a job has no room for; null where this worker has no place for them. */
  keepOutcomes(input: KeepInput): Promise<KeptOutcomes | null>;
  /** Makes the bodies of a result of which some lies in blobs (contract §5). */
  writeResult(draft: ResultDraft): Promise<WrittenResult>;
  /** Removes the blobs of jobs that Temporal has forgotten, and answers of how many. */
  sweepBlobs(): Promise<number>;
  /**
   * Makes one attempt, or none where there is no place for it now; and then one of each follower while all are taken. Every
   * outcome is answered, never thrown.
   */
  sendWebhook(request: WebhookRequest): Promise<SentOutcome | Limited>;
}
