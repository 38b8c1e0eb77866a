import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import type { BlockHeartbeat } from '../src/domain/block';
import type { JobEvent } from '../src/domain/schedule';

/** What an activity that failed as a whole means: its worker was lost, or the worker can't serve it at all. */
export function failureEvent(error: unknown, blockId: number, nodeName: string): JobEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'AlgorithmNotFound') {
    return { type: 'engineFailed', error: cause.message, nodeName };
  }
  if (cause instanceof TimeoutFailure) {
    const heartbeat = cause.lastHeartbeatDetails as BlockHeartbeat | undefined;
    const message = 'the worker was lost while it ran this task';
    return { type: 'blockLost', blockId, error: message, ...(heartbeat != null && { heartbeat }) };
  }
  const heartbeat =
    cause instanceof ApplicationFailure && cause.type === 'BlockInterrupted'
      ? (cause.details?.[0] as BlockHeartbeat | undefined)
      : undefined;
  return {
    type: 'blockLost',
    blockId,
    error: rootCause(error) ?? 'unknown failure',
    ...(heartbeat != null && { heartbeat }),
  };
}
