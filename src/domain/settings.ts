/** What whoever starts a job may set besides the pipeline: the second argument of the workflow `runPipeline`. */
import { arrayOf, integer, object, oneOf, string } from './checks';
import { MUST_DELIVER } from './delivery';
import { DIALECTS, type Dialect } from './dialect';
import { blobCheck, elementsCheck, givenOutputCheck, type GivenOutput } from './given-output';
import { homesCheck, type Homes } from './homes';
import type { StoredFlowInput } from './stored';

/** How a job is run, as far as its pipeline does not say it. */
export interface JobSettings {
  /**
   * By which rules the job is run, as one that was begun goes on as it began. 2: the first items of a node share a block;
   * 3: the workflow takes no turn in which there is nothing to wait for; 4: small blocks begin at once, and no timer is set
   * while the workflow's own task runs items; 5: it makes the first attempt of its terminal events itself; 6: search
   * attributes tell that it is active once it has been so for a second; 7: of a node with several rounds of blocks a few
   * items ride together before their pace is known, and blocks are smaller towards its end. Default 1; `PipelineClient`
   * starts jobs with the latest.
   */
  readonly version: number;
  /** How many blocks of one job may be in Temporal's hands at once. Default 50. */
  readonly window: number;
  /** The task queue of the activities that send webhooks. Default: the job's own with `-webhooks` behind it. */
  readonly webhookTaskQueue?: string;
  /** The widest batch that is taken, in items. Default 10,000,000. */
  readonly maxBatch: number;
  /** How long an algorithm that no worker serves is waited for, in milliseconds. Default 60,000. */
  readonly algorithmWaitMs: number;
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
  /** The largest body of the result webhook in bytes, where there is a `dataUrl`. Default 1 MiB. */
  readonly inlineLimit: number;
  /** Where receivers read results that do not fit: a URL with `{ref}` in it. Default: none, all results are in the body. */
  readonly dataUrl?: string;
  /** Where its flow input lies, which the pipeline is given without then. Default: it is in the pipeline. */
  readonly flowInput?: StoredFlowInput;
  /**
   * The names of the pipelines whose jobs have led to this one by triggers, the first of them first. With it, what the
   * pipeline triggers is started when the job has completed. Default: it triggers nothing.
   */
  readonly triggeredBy?: readonly string[];
  /** Where its algorithms are run, by their names. Default: all by the workers of the job's own task queue. */
  readonly homes?: Homes;
  /** What the bodies of its webhooks look like. Default: as the contract says. */
  readonly dialect?: Dialect;
  /** What nodes have put out that its own read and that it does not have. Default: it has all that they read. */
  readonly outputs?: readonly GivenOutput[];
}

/** Of jobs that are started now. */
export const LATEST_VERSION = 7;

/** Whether its workflow waits also for what is there: the history holds the order of commands that comes of it. */
export function takesAllTurns({ version }: Pick<JobSettings, 'version'>): boolean {
  return version < 3;
}

/** Whether small blocks begin before the server has written that down, and those of a workflow's own task set no timer. */
export function beginsAtOnce({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 4;
}

/** Whether its job writes outcomes down before it is full of them, so that there is room for those of each small block. */
export function keepsRoom({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 4;
}

/** Whether what people ask of it comes after all else that its workflow is told of at the same time. */
export function answersLast({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 4;
}

/** Whether its job makes the first attempt of its terminal events itself, and has a delivery only of what was not taken. */
export function attemptsItsEnd({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 5;
}

/** Whether search attributes tell of its being active with a delay, and of what it is along with that. */
export function isShownLate({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 6;
}

/** Whether items past the first wave share blocks before their pace is known, and blocks are smaller at the end of a node. */
export function fitsBlocks({ version }: Pick<JobSettings, 'version'>): boolean {
  return version >= 7;
}

export const DEFAULT_SETTINGS: JobSettings = {
  version: 1,
  window: 50,
  maxBatch: 10_000_000,
  algorithmWaitMs: 60_000,
  progressIntervalMs: 1_000,
  progressTimeoutMs: 5_000,
  attemptTimeoutMs: 15_000,
  retryScheduleMs: MUST_DELIVER.scheduleMs,
  deliveryRetentionMs: 14 * 86_400_000,
  inlineLimit: 1_048_576,
};

/** A year: timers of Temporal and Node are safe within it. */
const LONGEST_MS = 365 * 86_400_000;

const settingsCheck = object(
  {
    version: integer(1),
    window: integer(1, 1_000),
    webhookTaskQueue: string({ min: 1, max: 1_000 }),
    maxBatch: integer(1),
    algorithmWaitMs: integer(0, LONGEST_MS),
    progressIntervalMs: integer(0, LONGEST_MS),
    progressTimeoutMs: integer(1, LONGEST_MS),
    attemptTimeoutMs: integer(1, LONGEST_MS),
    retryScheduleMs: arrayOf(integer(0, LONGEST_MS)),
    deliveryRetentionMs: integer(0, LONGEST_MS),
    inlineLimit: integer(0),
    dataUrl: string({ min: 1, max: 4_000 }),
    flowInput: object(
      { blob: blobCheck, elements: arrayOf(elementsCheck) },
      { required: ['blob', 'elements'], closed: true },
    ),
    triggeredBy: arrayOf(string({ min: 1 })),
    homes: homesCheck,
    dialect: oneOf(...DIALECTS),
    outputs: arrayOf(givenOutputCheck),
  } satisfies Record<keyof JobSettings, unknown>,
  { closed: true },
);

/**
 * @param given what was sent along with the pipeline, by whoever; nothing is all defaults
 * @throws PipelineError `InvalidPipeline`
 */
export function parseSettings(given: unknown): JobSettings {
  settingsCheck(given ?? {}, 'settings');
  return { ...DEFAULT_SETTINGS, ...(given as Partial<JobSettings> | null | undefined) };
}
