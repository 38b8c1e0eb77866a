import type { Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';

/**
 * A call that is over in time: the client itself tries again for a while where nobody answers, and past its deadline too.
 *
 * @throws PipelineError `Unavailable`
 */
export async function within<T>(client: Client, ms: number, call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PipelineError('Unavailable', 'the Temporal server does not answer'));
    }, ms);
  });
  try {
    return await Promise.race([client.connection.withDeadline(Date.now() + ms, call), late]);
  } finally {
    clearTimeout(timer);
  }
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
