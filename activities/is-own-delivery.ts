/** The activity `isOwnDelivery`: whose delivery holds a workflow id (DESIGN.md, «Deliveries»). */
import { Context } from '@temporalio/activity';
import type { Activities, OwnDeliveryInput } from './contract';

/** Looks at what a delivery was started with. */
export type IsOwnDelivery = (client: Context['client'], input: OwnDeliveryInput) => Promise<boolean>;

/**
 * Makes the activity that looks.
 *
 * @param look asks the server, over the worker's own connection
 */
export function createIsOwnDelivery(look: IsOwnDelivery): Activities['isOwnDelivery'] {
  return (input) => look(Context.current().client, input);
}
