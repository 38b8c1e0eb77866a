import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';

const NOT_FOUND = 5;

/** Whether an error says that Temporal has no such run, or has forgotten it, by the client's own word or by gRPC's. */
export function isGone(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  return isGrpcServiceError(error) && (error.code as number) === NOT_FOUND;
}
