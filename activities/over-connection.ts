import { Context } from '@temporalio/activity';

/**
 * Makes an activity of what asks the server for no more than it is given: over the worker's own connection.
 *
 * @param ask throws what the activity fails with
 */
export function overConnection<Args extends readonly unknown[], Answer>(
  ask: (client: Context['client'], ...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  return (...args) => ask(Context.current().client, ...args);
}
