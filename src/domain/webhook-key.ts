import type { WebhookKind } from './delivery';

/**
 * What a `webhook-id` is the hash of (DESIGN.md, «Deliveries»).
 *
 * @param firstRunId of the job: the same for all runs that continue each other
 * @param position the sequence number, or `end` for a terminal event
 */
export function webhookKey(namespace: string, firstRunId: string, kind: WebhookKind, position: number | 'end'): string {
  return [namespace, firstRunId, kind, String(position)].join('\n');
}
