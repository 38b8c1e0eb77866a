/**
 * The only table from what went wrong in an activity to Temporal's failure. Across the sandbox the `type` is compared,
 * never a class.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { BlockHeartbeat } from '../src/domain/block';

/** No worker that gets this task can run it. */
export function algorithmNotFound(name: string): ApplicationFailure {
  return ApplicationFailure.create({
    message: `algorithm ${name} Not Found`,
    type: 'AlgorithmNotFound',
    nonRetryable: true,
  });
}

/** Whoever asked for the attempt has taken it for lost, or will have before it can be over. */
export function attemptOverdue(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'this attempt has come too late to be made',
    type: 'AttemptOverdue',
    nonRetryable: true,
  });
}

/** The worker shuts down in the middle of a block: what it has done is told, the rest runs elsewhere. */
export function blockInterrupted(progress: BlockHeartbeat): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'the worker was shut down while it ran this task',
    type: 'BlockInterrupted',
    nonRetryable: true,
    details: [progress],
  });
}
