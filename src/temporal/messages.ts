/** Queries and updates of a running job, each within a time that its caller can wait. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, type QueryDefinition } from '@temporalio/common';
import { PipelineError } from '../domain/errors';
import type { ProgressBody } from '../domain/events';

/** @returns undefined where no worker answered within `waitMs` */
export async function queryWithin<Ret, Args extends unknown[] = []>(
  client: Client,
  jobId: string,
  query: QueryDefinition<Ret, Args>,
  waitMs: number,
  ...args: Args
): Promise<Ret | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + waitMs, () =>
      client.workflow.getHandle(jobId).query(query, ...args),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    // A job whose worker is away can't be told from one that is slow: both are answered by what the server knows.
    return undefined;
  }
}

/** Contract §8: control calls that no worker takes within this are 503. */
const CONTROL_WAIT_MS = 10_000;

/**
 * @returns the status after it, or `closed` where the job has ended meanwhile
 * @throws PipelineError `WrongState` by the job's own word, `Unavailable` where no worker took it in time
 */
export async function control(
  client: Client,
  jobId: string,
  verb: 'stop' | 'pause' | 'resume',
  reason: string | undefined,
): Promise<ProgressBody | 'closed'> {
  const deadline = Date.now() + CONTROL_WAIT_MS;
  // One id over all tries: what the job has taken once it does not take again.
  const updateId = randomUUID();
  for (;;) {
    const answer = await tryControl(client, jobId, { verb, reason, updateId, deadline });
    if (answer !== 'failed task') return answer;
    if (Date.now() + FAILED_TASK_PAUSE_MS >= deadline) throw notTaken(jobId, verb);
    await sleep(FAILED_TASK_PAUSE_MS);
  }
}

/** Between two tries where the task that would have taken the call has failed, as it does where an item ends meanwhile. */
const FAILED_TASK_PAUSE_MS = 50;

interface ControlCall {
  readonly verb: 'stop' | 'pause' | 'resume';
  readonly reason: string | undefined;
  readonly updateId: string;
  readonly deadline: number;
}

async function tryControl(
  client: Client,
  jobId: string,
  { verb, reason, updateId, deadline }: ControlCall,
): Promise<ProgressBody | 'closed' | 'failed task'> {
  const handle = client.workflow.getHandle(jobId);
  try {
    return await client.connection.withDeadline(deadline, () =>
      handle.executeUpdate<ProgressBody, [reason: string | undefined]>(verb, { args: [reason], updateId }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'closed';
    if (error instanceof WorkflowUpdateFailedError) {
      const { cause } = error;
      if (cause instanceof ApplicationFailure && cause.type === 'WrongState')
        throw new PipelineError('WrongState', cause.message);
      if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow') return 'closed';
      throw error;
    }
    if (isStuck(error)) return 'failed task';
    if (isTimeout(error)) throw notTaken(jobId, verb);
    throw error;
  }
}

function notTaken(jobId: string, verb: string): PipelineError {
  return new PipelineError('Unavailable', `no worker took the ${verb} of ${jobId} in time`);
}

/** FAILED_PRECONDITION of gRPC: the workflow's task has failed, and the message with it. */
function isStuck(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && [9].includes(cause.code);
}

function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  // DEADLINE_EXCEEDED and CANCELLED of gRPC.
  return (
    error instanceof Error &&
    (error.name.includes('Timeout') || (isGrpcServiceError(cause) && [1, 4].includes(cause.code)))
  );
}
