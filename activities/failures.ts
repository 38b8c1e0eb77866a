/**
 * The only table from what went wrong in an activity to Temporal's failure. Across the sandbox the `type` is compared,
 * never a class.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { BlockHeartbeat } from '../src/domain/block';
import type { PipelineError } from '../src/domain/errors';

/** No worker that gets this task can run it. */
export function algorithmNotFound(name: string): ApplicationFailure {
  return ApplicationFailure.create({
    message: `algorithm ${name} Not Found`,
    type: 'AlgorithmNotFound',
    nonRetryable: true,
  });
}

/** The workflow has taken it for short: it is to be run by the queue's workers instead. */
export function algorithmNotShort(name: string): ApplicationFailure {
  return ApplicationFailure.create({
    message: `algorithm ${name} is not short on this worker`,
    type: 'AlgorithmNotShort',
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

/**
 * What the items of a block are given can not be read: none has begun.
 *
 * @param isGone whether to try again is of no use, as far as this worker knows
 */
export function inputUnread(message: string, isGone: boolean): ApplicationFailure {
  return ApplicationFailure.create({ message, type: 'InputUnread', nonRetryable: true, details: [isGone] });
}

/** Temporal takes no argument of this size, which only a worker of ours reads from blobs. */
export function inputTooLarge(bytes: number, limit: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: `an input of ${String(bytes)} bytes is larger than the ${String(limit)} that an activity can be given`,
    type: 'InputTooLarge',
    nonRetryable: true,
  });
}

/** A value lies in a blob, and this worker was given no place to look for it. Another may have been. */
export function noBlobs(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'this worker can read no blobs: give the plugin `blobs`, or the process BLOB_URL or DATA_DIR',
    type: 'NoBlobs',
  });
}

/** Somebody has asked for a stored pipeline, and this worker knows of none. Another may. */
export function noStoredPipelines(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'this worker knows no stored pipelines: give the plugin `stored`, or the process DATABASE_URL or DATA_DIR',
    type: 'NoStoredPipelines',
  });
}

/** A stored pipeline is gone, or is refused: to try again is of no use. */
export function notStarted(name: string, error: PipelineError): ApplicationFailure {
  return ApplicationFailure.create({
    message: `pipeline ${name} was not started: ${error.message}`,
    type: error.code,
    nonRetryable: true,
    details: [error.details ?? []],
    cause: error,
  });
}

/** A webhook must hold all results where there is no facade that could be asked for them. */
export function resultTooLarge(bytes: number, limit: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: `results of ${String(bytes)} bytes and more are larger than ${String(limit)}, and there is no dataUrl to read them from`,
    type: 'ResultTooLarge',
    nonRetryable: true,
  });
}
