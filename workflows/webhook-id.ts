import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { workflowInfo } from '@temporalio/workflow';
import type { WebhookKind } from '../src/domain/delivery';
import { webhookKey } from '../src/domain/webhook-key';

/**
 * The receiver's key for dropping duplicates (contract §7): the same over attempts, crashes, redeliveries, and runs of
 * the job that continue each other.
 *
 * @param position the sequence number, or `end` for a terminal event
 * @param firstRunId of the job that the event is about; default the workflow that asks
 */
export function webhookId(
  kind: WebhookKind,
  position: number | 'end',
  firstRunId = workflowInfo().firstExecutionRunId,
): string {
  const key = webhookKey(workflowInfo().namespace, firstRunId, kind, position);
  return `msg_${bytesToHex(sha256(utf8ToBytes(key)).slice(0, 16))}`;
}
