import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import type { BlockHeartbeat } from '../src/domain/block';
import type { JobEvent } from '../src/domain/schedule';

/** What an activity that failed as a whole means: its worker was lost, or does not have the algorithm. */
export function failureEvent(error: unknown, blockId: number): JobEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'AlgorithmNotFound')
    return { type: 'blockRefused', blockId };
  const heartbeat = lastHeartbeat(cause);
  return { type: 'blockLost', blockId, error: describe(cause), ...(heartbeat !== undefined && { heartbeat }) };
}

function lastHeartbeat(cause: unknown): BlockHeartbeat | undefined {
  if (cause instanceof TimeoutFailure) return (cause.lastHeartbeatDetails ?? undefined) as BlockHeartbeat | undefined;
  const isInterrupted = cause instanceof ApplicationFailure && cause.type === 'BlockInterrupted';
  return isInterrupted ? ((cause.details?.[0] ?? undefined) as BlockHeartbeat | undefined) : undefined;
}

function describe(cause: unknown): string {
  if (!(cause instanceof TimeoutFailure)) return rootCause(cause) ?? 'unknown failure';
  return cause.timeoutType === 'HEARTBEAT'
    ? 'no heartbeat: the worker that ran this task was lost, or hangs'
    : `the task took longer than Temporal allows (${cause.timeoutType})`;
}
