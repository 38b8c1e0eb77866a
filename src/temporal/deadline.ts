import { isGrpcServiceError, type Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';

/**
 * A call that is over in time: a client that is not ours tries again where nobody answers, and past its deadline too.
 *
 * @throws PipelineError `Unavailable`
 */
export async function within<T>(client: Client, ms: number, call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(isAway());
    }, ms);
  });
  try {
    return await Promise.race([client.connection.withDeadline(Date.now() + ms, call), late]);
  } catch (error) {
    throw hasNoAnswer(error) ? isAway() : error;
  } finally {
    clearTimeout(timer);
  }
}

function isAway(): PipelineError {
  return new PipelineError('Unavailable', 'the Temporal server does not answer');
}

/** CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE of gRPC. */
const NO_ANSWER: readonly number[] = [1, 4, 14];

function hasNoAnswer(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && NO_ANSWER.includes(cause.code);
}

/**
 * A time that several calls share.
 *
 * @returns how much of it is left for the next of them, in milliseconds, which by itself may take `ms`
 */
export function budgetOf(totalMs: number): (ms?: number) => number {
  const end = performance.now() + totalMs;
  return (ms = totalMs) => Math.max(0, Math.min(ms, end - performance.now()));
}
