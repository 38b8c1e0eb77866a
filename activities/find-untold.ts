/** The activity `findUntold`: whose end nobody was told of (DESIGN.md, «Reconciler»). */
import { Context } from '@temporalio/activity';
import type { FoundUntold } from '../src/domain/untold';
import type { Activities, FindUntoldInput } from './contract';

/** Looks for jobs that were ended from outside and whose receivers were not told. */
export type FindUntold = (
  client: Context['client'],
  input: FindUntoldInput,
  warn: (message: string, meta: Record<string, unknown>) => void,
) => Promise<FoundUntold>;

/**
 * Makes the activity that looks for them.
 *
 * @param find asks the server, over the worker's own connection
 */
export function createFindUntold(find: FindUntold): Activities['findUntold'] {
  return (input) => {
    const { client, log } = Context.current();
    return find(client, input, (message, meta) => {
      log.warn(message, meta);
    });
  };
}
