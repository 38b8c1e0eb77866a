import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import type { BlockHeartbeat } from '../src/domain/block';
import type { LostBlock } from '../src/domain/blocks';
import type { JobEvent } from '../src/domain/schedule';

/** What an activity that failed as a whole means: its worker was lost, or does not have the algorithm. */
export function failureEvent(error: unknown, blockId: number): JobEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'AlgorithmNotFound')
    return { type: 'blockRefused', blockId };
  return { type: 'blockLost', blockId, error: describe(cause), ...lastWords(cause) };
}

function lastWords(cause: unknown): Pick<LostBlock, 'heartbeat' | 'begun'> {
  if (cause instanceof TimeoutFailure) {
    // A block has the server write down its beginning before it begins.
    if (cause.lastHeartbeatDetails == null) return cause.timeoutType === 'HEARTBEAT' ? { begun: 0 } : {};
    return { heartbeat: cause.lastHeartbeatDetails as BlockHeartbeat };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'BlockInterrupted') {
    const heartbeat = cause.details?.[0] as BlockHeartbeat;
    return { heartbeat, begun: heartbeat.outcomes.length };
  }
  return {};
}

function describe(cause: unknown): string {
  if (!(cause instanceof TimeoutFailure)) return rootCause(cause) ?? 'unknown failure';
  return cause.timeoutType === 'HEARTBEAT'
    ? 'no heartbeat: the worker that ran this task was lost, or hangs'
    : `the task took longer than Temporal allows (${cause.timeoutType})`;
}
