import type { Client } from '@temporalio/client';
import { createHash } from 'node:crypto';
import type { WebhookKind } from '../domain/delivery';
import { webhookKey } from '../domain/webhook-key';

/**
 * The `webhook-id` of a job's terminal event, as its workflow makes it.
 *
 * @param firstRunId of the job's runs
 */
export function terminalId({ options: { namespace } }: Client, kind: WebhookKind, firstRunId: string): string {
  const hash = createHash('sha256').update(webhookKey(namespace, firstRunId, kind, 'end'));
  return `msg_${hash.digest('hex').slice(0, 32)}`;
}
