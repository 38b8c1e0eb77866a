// Types only: all that workflows may import from this folder.
import type { BlockInput, BlockOutcome } from '../src/domain/block';
import type { AttemptOutcome, WebhookRequest } from '../src/domain/delivery';

export interface Activities {
  /** Runs a block of items of one node and answers one outcome per item (DESIGN.md, «runBlock»). */
  runBlock(input: BlockInput): Promise<BlockOutcome>;
  /** Makes one attempt; every outcome is answered, never thrown. */
  sendWebhook(request: WebhookRequest): Promise<AttemptOutcome>;
}
