/** A place for a job that is about to be started, where its pipeline has a limit (`concurrentPipelines`). */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { PipelineError } from '../domain/errors';
import type { ConcurrentPipelines, Pipeline } from '../domain/pipeline';
import { limitReached, type PlaceRequest } from '../domain/places';
import type { SlotsByKey } from '../domain/slots';
import { acquireUpdate, CONCURRENCY_LIMIT, limitId, lineUpSignal } from '../../workflows/messages';
import { within } from './deadline';

/** As for whatever a worker must take (contract §8). */
const TAKE_WITHIN_MS = 10_000;
const PAUSE_MS = 50;

export interface PlaceWanted {
  readonly jobId: string;
  readonly taskQueue: string;
  readonly pipeline: Pipeline;
}

/**
 * How many may ask one limit at a time: Temporal takes ten updates of one workflow by default, those of other facades among
 * them, and has the others wait for seconds.
 */
export const ASK_AT_ONCE = 5;

/**
 * Has the job counted before it is there. Whoever waits for its turn gets its place in the line by that; no worker is needed
 * for it.
 *
 * @param lines where those that ask the same limit wait for each other
 * @throws PipelineError `LimitReached`; `Unavailable` where no worker counts in time
 */
export async function takePlace(
  client: Client,
  lines: SlotsByKey,
  { jobId, taskQueue, pipeline }: PlaceWanted,
  { amount, rejectOnFailure = true }: ConcurrentPipelines,
): Promise<void> {
  const where = { workflowId: limitId(taskQueue, pipeline), taskQueue };
  const request: PlaceRequest = { jobId, amount };
  if (!rejectOnFailure) {
    const signal = { ...where, signal: lineUpSignal, signalArgs: [request], args: [] };
    await within(client, TAKE_WITHIN_MS, () => client.workflow.signalWithStart(CONCURRENCY_LIMIT, signal));
    return;
  }
  const deadline = Date.now() + TAKE_WITHIN_MS;
  // One id over all tries: a place that was taken is not asked for again.
  const asked = { request, updateId: randomUUID(), deadline };
  const isTaken = await lines.run(where.workflowId, () => acquireInTime(client, where, asked));
  if (isTaken === undefined) {
    throw new PipelineError('Unavailable', `no worker took the start of pipeline ${pipeline.name} in time`);
  }
  if (!isTaken) throw new PipelineError('LimitReached', limitReached(amount));
}

interface Asked {
  readonly request: PlaceRequest;
  readonly updateId: string;
  readonly deadline: number;
}

interface Where {
  readonly workflowId: string;
  readonly taskQueue: string;
}

/** @returns undefined where nobody has answered by the deadline */
async function acquireInTime(client: Client, where: Where, asked: Asked): Promise<boolean | undefined> {
  while (Date.now() < asked.deadline) {
    try {
      return await acquire(client, where, asked);
    } catch (error) {
      if (isTimeout(error)) return undefined;
      if (!isMissed(error)) throw error;
    }
    await sleep(PAUSE_MS);
  }
  return undefined;
}

async function acquire(client: Client, where: Where, { request, updateId, deadline }: Asked): Promise<boolean> {
  // Good for one try alone.
  const startWorkflowOperation = new WithStartWorkflowOperation(CONCURRENCY_LIMIT, {
    ...where,
    args: [],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const update = { args: [request] as [PlaceRequest], updateId, startWorkflowOperation };
  return await client.connection.withDeadline(deadline, () =>
    client.workflow.executeUpdateWithStart(acquireUpdate, update),
  );
}

/** FAILED_PRECONDITION, ABORTED and NOT_FOUND of gRPC: it closed or began anew meanwhile. */
const MISSED = [9, 10, 5];
/** CANCELLED and DEADLINE_EXCEEDED. */
const LATE = [1, 4];

function isMissed(error: unknown): boolean {
  if (error instanceof WorkflowUpdateFailedError) {
    return error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow';
  }
  return hasCode(error, MISSED);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name.includes('Timeout') || hasCode(error, LATE));
}

function hasCode(error: unknown, codes: readonly number[]): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && codes.includes(cause.code);
}
