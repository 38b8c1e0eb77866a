/** Terminal events that were handed over to a delivery, by what the delivery was started with: no worker is asked. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { createHash } from 'node:crypto';
import type { WebhookKind } from '../domain/delivery';
import { fromSentResult } from '../domain/dialect';
import type { ResultBody } from '../domain/events';
import { webhookKey } from '../domain/webhook-key';
import { readStart } from './started-job';

/** What the latest delivery of a job id was started with. */
export interface HandedOver {
  /** Absent where the subscriber's level let no terminal event pass. */
  readonly event?: { readonly webhookId: string; readonly sequence: number; readonly body: string };
  /** Whether it was a job of these runs, and not an earlier one of the same id. */
  readonly isOwn: boolean;
}

const NOT_FOUND = 5;

/**
 * @param firstRunId of the job's runs
 * @returns undefined where there was no delivery
 */
export async function readHandedOver(
  client: Client,
  jobId: string,
  firstRunId: string,
  kind: WebhookKind,
): Promise<HandedOver | undefined> {
  try {
    const { args } = await readStart(client, { workflowId: `${jobId}/${kind}` });
    const { event } = (args[0] ?? {}) as Pick<HandedOver, 'event'>;
    if (event === undefined) return { isOwn: true };
    const hash = createHash('sha256').update(webhookKey(client.options.namespace, firstRunId, kind, 'end'));
    return { event, isOwn: event.webhookId === `msg_${hash.digest('hex').slice(0, 32)}` };
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** The contract's body of a result that was handed over; undefined where it was another job's. */
export function resultsIn(given: HandedOver | undefined): ResultBody | undefined {
  if (given?.isOwn !== true || given.event === undefined) return undefined;
  return fromSentResult(JSON.parse(given.event.body) as ResultBody);
}
