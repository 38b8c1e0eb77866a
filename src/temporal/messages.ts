/** Queries and updates of a running job, each within a time that its caller can wait. */
import { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, type QueryDefinition } from '@temporalio/common';
import { PipelineError } from '../domain/errors';
import type { ProgressBody } from '../domain/events';

/** @returns undefined where no worker answered within `waitMs` */
export async function queryWithin<Ret>(
  client: Client,
  jobId: string,
  query: QueryDefinition<Ret>,
  waitMs: number,
): Promise<Ret | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + waitMs, () =>
      client.workflow.getHandle(jobId).query(query),
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
  const handle = client.workflow.getHandle(jobId);
  try {
    return await client.connection.withDeadline(Date.now() + CONTROL_WAIT_MS, () =>
      handle.executeUpdate<ProgressBody, [reason: string | undefined]>(verb, { args: [reason] }),
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
    if (isTimeout(error) || isStuck(error))
      throw new PipelineError('Unavailable', `no worker took the ${verb} of ${jobId} in time`);
    throw error;
  }
}

/** FAILED_PRECONDITION of gRPC: the workflow's tasks fail, so nobody takes its messages. */
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
