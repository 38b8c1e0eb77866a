import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { workflowInfo } from '@temporalio/workflow';
import type { WebhookKind } from '../src/domain/delivery';

/**
 * The receiver's key for dropping duplicates (contract §7): the same over attempts, crashes, redeliveries, and runs of
 * the job that continue each other.
 *
 * @param position the sequence number, or `end` for a terminal event
 */
export function webhookId(kind: WebhookKind, position: number | 'end'): string {
  const { namespace, firstExecutionRunId } = workflowInfo();
  const key = [namespace, firstExecutionRunId, kind, String(position)].join('\n');
  return `msg_${bytesToHex(sha256(utf8ToBytes(key)).slice(0, 16))}`;
}
