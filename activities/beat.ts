import type { Context } from '@temporalio/activity';
import type { BlockHeartbeat } from '../src/domain/block';

/**
 * A heartbeat that is awaited, so that the server has written it down by then.
 *
 * @returns false where the server does not take it: the block is canceled, or was given up since the worker hung
 */
export async function beat({ client, info, log }: Context, heartbeat: BlockHeartbeat): Promise<boolean> {
  try {
    await client.activity.heartbeat(info.taskToken, heartbeat);
    return true;
  } catch (error) {
    // Canceled or given up is nothing to see to; what else keeps items from beginning is.
    const isExpected = error instanceof Error && /^Activity(Cancelled|NotFound|Paused|Reset)Error$/.test(error.name);
    log[isExpected ? 'debug' : 'warn']('the block begins no other item', { error });
    return false;
  }
}
