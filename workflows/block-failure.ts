import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  rootCause,
  ServerFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { EXPIRED, type BlockHeartbeat, type BlockInput, type ItemOutcome } from '../src/domain/block';
import { TOO_LONG_HERE } from '../src/domain/short';
import type { LostBlock } from '../src/domain/blocks';
import type { BlockEvent } from '../src/domain/schedule';

const REFUSALS: readonly unknown[] = ['AlgorithmNotFound', 'AlgorithmNotShort'];

/** A block whose activity has failed as a whole. */
export interface FailedBlock {
  readonly blockId: number;
  readonly input: Pick<BlockInput, 'beginsAtOnce'>;
}

/** What an activity that failed as a whole means: its worker was lost, or does not have the algorithm. */
export function failureEvent(error: unknown, { blockId, input }: FailedBlock): BlockEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && REFUSALS.includes(cause.type)) return { type: 'blockRefused', blockId };
  return (
    unreadEvent(cause, blockId) ?? { type: 'blockLost', blockId, error: describe(cause), ...lastWords(cause, input) }
  );
}

/** @returns undefined where that is not what the failure says */
function unreadEvent(cause: unknown, blockId: number): BlockEvent | undefined {
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'InputUnread') return undefined;
  return { type: 'blockUnread', blockId, error: cause.message, isGone: cause.details?.[0] === true };
}

/** Of the activity that reads the input of a foreign one, which has not begun. */
export function readFailure(error: unknown, blockId: number): BlockEvent | ItemOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'InputTooLarge') return { error: cause.message, ...FINAL };
  return unreadEvent(cause, blockId) ?? { type: 'blockUnread', blockId, error: describe(cause), isGone: false };
}

/**
 * The same of a foreign activity, which is one item, tells nothing before its end, and is canceled by nobody but its worker
 * while the job runs.
 *
 * @param hasTtl whether the item's ttl is what the server has measured it by
 * @returns its outcome, where that is what the failure means
 */
export function foreignFailure(error: unknown, blockId: number, hasTtl: boolean): BlockEvent | ItemOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (isCancellation(error) || isShutdown(cause)) return { type: 'blockLost', blockId, error: SHUT_DOWN };
  if (cause instanceof ApplicationFailure) {
    if (isUnregistered(cause)) return { type: 'blockRefused', blockId };
    return { error: cause.message || (cause.type ?? 'unknown error'), ...(cause.nonRetryable === true && FINAL) };
  }
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'START_TO_CLOSE' && hasTtl) return EXPIRED;
  // Such as an output that is larger than what Temporal takes.
  if (cause instanceof ServerFailure) return { error: cause.message, ...FINAL };
  return { type: 'blockLost', blockId, error: describe(cause) };
}

const FINAL = { final: true } as const;
const SHUT_DOWN = 'the worker that ran this task was shut down';

/** By the word of Temporal's core, which most of its SDKs are built on. */
function isShutdown(cause: unknown): boolean {
  return cause instanceof ApplicationFailure && cause.type === 'WorkerShutdown';
}

/** By the words of Temporal's SDKs for an activity type that the worker does not have. */
function isUnregistered({ type, message }: ApplicationFailure): boolean {
  return (
    type === 'ActivityNotRegisteredError' ||
    (type === 'NotFoundError' && /not registered on this worker/i.test(message))
  );
}

function lastWords(cause: unknown, { beginsAtOnce }: FailedBlock['input']): Pick<LostBlock, 'heartbeat' | 'begun'> {
  if (cause instanceof TimeoutFailure) {
    // Of a local activity for which its worker had no place.
    if (cause.timeoutType === 'SCHEDULE_TO_START') return { begun: 0 };
    if (cause.lastHeartbeatDetails == null) {
      // Others have the server write down that they begin, and only then do.
      return cause.timeoutType === 'HEARTBEAT' && beginsAtOnce !== true ? { begun: 0 } : {};
    }
    const heartbeat = cause.lastHeartbeatDetails as BlockHeartbeat;
    return { heartbeat, ...(heartbeat.begun !== undefined && { begun: heartbeat.begun }) };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'BlockInterrupted') {
    const heartbeat = cause.details?.[0] as BlockHeartbeat;
    return { heartbeat, begun: heartbeat.outcomes.length };
  }
  return {};
}

function describe(cause: unknown): string {
  if (!(cause instanceof TimeoutFailure)) return rootCause(cause) ?? 'unknown failure';
  if (cause.timeoutType === 'HEARTBEAT') return 'no heartbeat: the worker that ran this task was lost, or hangs';
  // An ordinary block may take for ever.
  return cause.timeoutType === 'START_TO_CLOSE'
    ? TOO_LONG_HERE.error
    : `the task took longer than Temporal allows (${cause.timeoutType})`;
}
