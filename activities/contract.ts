// Types only: all that workflows may import from this folder.
import type { AttemptOutcome, WebhookKind } from '../src/domain/delivery';
import type { BlockInput, BlockOutcome } from '../src/domain/block';

/** One HTTP request of a webhook. The secrets that sign it are the worker's own and never travel. */
export interface SendWebhookInput {
  readonly url: string;
  readonly kind: WebhookKind;
  /** The header `webhook-id`: the same over attempts, crashes and redeliveries. */
  readonly webhookId: string;
  /** The header `x-pipeline-sequence`. */
  readonly sequence: number;
  /** The header `x-pipeline-attempt`, 1-based. */
  readonly attempt: number;
  /** The JSON text whose UTF-8 bytes are sent and signed. */
  readonly body: string;
  /** The hard deadline of the whole attempt, in milliseconds. */
  readonly deadlineMs: number;
}

export interface Activities {
  /** Runs a block of items of one node and answers one outcome per item (DESIGN.md, «runBlock»). */
  runBlock(input: BlockInput): Promise<BlockOutcome>;
  /** Makes one attempt; every outcome is answered, never thrown. */
  sendWebhook(input: SendWebhookInput): Promise<AttemptOutcome>;
}
