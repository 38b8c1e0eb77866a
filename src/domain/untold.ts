/** What the reconciler finds and remembers (DESIGN.md, «Reconciler»). */
import { arrayOf, integer, object, string } from './checks';
import type { AttemptOutcome, WebhookKind } from './delivery';
import type { JobRecord } from './job-record';
import type { Pipeline } from './pipeline';
import type { JobSettings } from './settings';
import { isSameUrl } from './url';

/** The webhooks of a pipeline, by their kinds. */
export type Webhooks = NonNullable<Pipeline['webhooks']>;

/** The first attempt of a terminal event that a job had begun when it was ended from outside: its bytes and number are fixed. */
export interface OwnAttempt {
  readonly sequence: number;
  readonly body: string;
  /** Absent where none was made, or it may be in flight. `lost` where it is over and nobody has told of it. */
  readonly outcome?: AttemptOutcome;
  /** Until when it may be in flight, in epoch milliseconds. Absent: it is not. */
  readonly inFlightUntil?: number;
}

export type OwnAttempts = Readonly<Partial<Record<WebhookKind, OwnAttempt>>>;

/** A job that was ended from outside, and of whose end not every receiver was told. */
export interface UntoldJob {
  readonly jobId: string;
  /** Of the runs that continue each other: what a `webhook-id` is made from. */
  readonly firstRunId: string;
  /** Epoch milliseconds; absent in what an earlier version has found. */
  readonly submittedAt?: number;
  readonly webhooks: Webhooks;
  /** The number in `x-pipeline-sequence` of each delivery that is missing. */
  readonly sequences: Sequences;
  readonly record: JobRecord;
  readonly settings: Omit<JobSettings, 'homes' | 'flowInput'> & { readonly webhookTaskQueue: string };
  /** Whether the receiver of progress wants no more of it: its terminal event is only recorded, as dead. */
  readonly gone: boolean;
  /** Whether its deliveries may have our search attributes. */
  readonly searchable: boolean;
  /** Whether an earlier job of the same id has left deliveries, which no longer run. */
  readonly reusesId: boolean;
  /** Whether a later job has its id by now, and the workflows of its deliveries. */
  readonly isReplaced?: boolean;
  /** The workflow of its result's delivery, where that is there. */
  readonly resultDelivery?: string;
  /** What it had begun to send itself of what is missing. */
  readonly attempts?: OwnAttempts;
  /** When its last progress attempt is over, in epoch milliseconds, if it may be in flight. */
  readonly quietAt?: number;
}

export type Sequences = Readonly<Partial<Record<WebhookKind, number>>>;

/** What is known of the webhooks of a job when it was ended. */
export interface Told {
  /** The last number given to a progress event. */
  readonly last: number;
  /** The numbers of the deliveries that are there. */
  readonly deliveries: Sequences;
}

/** @returns the number of each delivery that is missing: the progress event's goes before the result's on one URL */
export function missingSequences({ progress, result }: Webhooks, { last, deliveries }: Told): Sequences {
  const shared = progress !== undefined && result !== undefined && isSameUrl(progress, result);
  const isMissing = progress !== undefined && deliveries.progress === undefined;
  const terminal = shared && deliveries.result !== undefined ? deliveries.result - 1 : last + 1;
  const before = deliveries.progress ?? (isMissing ? terminal : last);
  return {
    ...(isMissing && { progress: terminal }),
    ...(result !== undefined && deliveries.result === undefined && { result: shared ? before + 1 : 1 }),
  };
}

/** What one look of the reconciler hands to the next. */
export interface ReconcilerState {
  /** All that had closed before is settled; epoch milliseconds. */
  readonly until: number;
  /** The run ids of what has closed since and is settled as well. */
  readonly seen: readonly string[];
}

/** What a look has found. */
export interface FoundUntold {
  readonly untold: readonly UntoldJob[];
  /** Holds once the untold jobs are told of. */
  readonly state: ReconcilerState;
  /** Whether there is more than one look takes. */
  readonly more: boolean;
}

const stateCheck = object({ until: integer(0), seen: arrayOf(string()) }, { required: ['until', 'seen'] });

/**
 * @param given what the last look has left, if there was one
 * @returns undefined for anything else, after which all is looked at anew
 */
export function parseReconcilerState(given: unknown): ReconcilerState | undefined {
  try {
    stateCheck(given, 'state');
    return given as ReconcilerState;
  } catch {
    return undefined;
  }
}

/** How long visibility may be behind: so far back each look sees again what the one before has seen. */
const BEHIND_MS = 600_000;

/** A job's run that has closed, as visibility lists it. */
export interface ClosedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly closedAt: number;
}

/** @returns what is not settled, those first that have closed first */
export function unsettled(listed: readonly ClosedRun[], state: ReconcilerState): ClosedRun[] {
  const seen = new Set(state.seen);
  return listed.filter(({ runId }) => !seen.has(runId)).sort((one, other) => one.closedAt - other.closedAt);
}

/** One look, as far as it came. */
export interface Look {
  /** When it was begun, in epoch milliseconds. */
  readonly at: number;
  /** All that it was to look at. */
  readonly listed: readonly ClosedRun[];
  readonly settled: readonly ClosedRun[];
  /** When the last closed that it has looked at, where it came to an end before it had looked at all. */
  readonly reached?: number;
}

/** What the next look need not look at again. */
export function nextState(state: ReconcilerState, { at, listed, settled, reached = Infinity }: Look): ReconcilerState {
  const until = Math.max(state.until, Math.min(at - BEHIND_MS, reached));
  const known = new Set([...state.seen, ...settled.map(({ runId }) => runId)]);
  const seen = listed.filter(({ runId, closedAt }) => closedAt >= until && known.has(runId));
  return { until, seen: seen.map(({ runId }) => runId) };
}
