/** The activity `findEnded`: which jobs have given nothing back and are gone (DESIGN.md, «Limits»). */
import { Context } from '@temporalio/activity';
import type { Activities, FoundEnded } from './contract';

/** Looks at jobs, from the first on, for as long as it has. */
export type FindEnded = (client: Context['client'], jobIds: readonly string[]) => Promise<FoundEnded>;

/**
 * Makes the activity that looks for them.
 *
 * @param find asks the server, over the worker's own connection
 */
export function createFindEnded(find: FindEnded): Activities['findEnded'] {
  return (jobIds) => find(Context.current().client, jobIds);
}
