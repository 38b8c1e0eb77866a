/** The activity `startStored`: starts a stored pipeline as nobody else may be there to do (DESIGN.md, «Triggers», «Cron»). */
import { Context } from '@temporalio/activity';
import { PipelineError } from '../src/domain/errors';
import type { StoredStart } from '../src/domain/stored-start';
import type { Activities } from './contract';
import { noStoredPipelines, notStarted } from './failures';

/**
 * Starts it over the worker's own connection, for the workers of a task queue.
 *
 * @returns the job id, also where it was started before
 * @throws PipelineError
 */
export type StartStored = (client: Context['client'], taskQueue: string, request: StoredStart) => Promise<string>;

/**
 * Makes the activity. What can not be started for good is no use to try again; all else is, until it succeeds.
 *
 * @param start absent where this worker knows no stored pipelines; another of the queue may
 */
export function createStartStored(start: StartStored | undefined): Activities['startStored'] {
  return async (request) => {
    if (start === undefined) throw noStoredPipelines();
    const { client, info } = Context.current();
    try {
      return await start(client, info.taskQueue, request);
    } catch (error) {
      if (error instanceof PipelineError && error.code !== 'Unavailable') throw notStarted(request.name, error);
      throw error;
    }
  };
}
