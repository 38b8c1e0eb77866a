/** Terminal events that were handed over to a delivery, by what the delivery was started with: no worker is asked. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { createHash } from 'node:crypto';
import type { WebhookKind } from '../domain/delivery';
import { deliveryId, type DeliverWebhookInput } from '../domain/delivery-input';
import { fromSentResult } from '../domain/dialect';
import type { ResultBody } from '../domain/events';
import { webhookKey } from '../domain/webhook-key';
import { DELIVER_WEBHOOK } from '../../workflows/messages';
import { readStart } from './started-job';

/** What a delivery was started with. */
export interface HandedOver {
  readonly workflowId: string;
  /** Absent where the subscriber's level let no terminal event pass. */
  readonly event?: { readonly webhookId: string; readonly sequence: number; readonly body: string };
  /** Whether it was a job of these runs, and not an earlier one of the same id. */
  readonly isOwn: boolean;
}

const NOT_FOUND = 5;

/**
 * @param firstRunId of the job's runs
 * @returns that of these runs, or else of another job of the id; undefined where there is none
 */
export async function readHandedOver(
  client: Client,
  jobId: string,
  firstRunId: string,
  kind: WebhookKind,
): Promise<HandedOver | undefined> {
  const first = await readOne(client, deliveryId(jobId, kind), firstRunId);
  if (first?.isOwn === true) return first;
  // The id was taken by an earlier job's, which was still open.
  return (await readOne(client, deliveryId(jobId, kind, firstRunId), firstRunId)) ?? first;
}

/** Whether what holds the id of a job's delivery is this job's. */
export async function isOwnDelivery(
  client: Client,
  { jobId, kind, firstRunId }: { readonly jobId: string; readonly kind: WebhookKind; readonly firstRunId: string },
): Promise<boolean> {
  return (await readOne(client, deliveryId(jobId, kind), firstRunId))?.isOwn ?? false;
}

async function readOne(client: Client, workflowId: string, firstRunId: string): Promise<HandedOver | undefined> {
  try {
    const { args, type } = await readStart(client, { workflowId });
    // Somebody else's workflow may have any id.
    if (type !== DELIVER_WEBHOOK) return { workflowId, isOwn: false };
    const { event, kind, firstRunId: told } = args[0] as DeliverWebhookInput;
    const isOwn = told === undefined ? isAbout(client, event, kind, firstRunId) : told === firstRunId;
    return { workflowId, ...(event !== undefined && { event }), isOwn };
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** An earlier version did not tell whose it is: only the id of its event does, where it has one. */
function isAbout(client: Client, event: DeliverWebhookInput['event'], kind: WebhookKind, firstRunId: string): boolean {
  if (event === undefined) return true;
  const hash = createHash('sha256').update(webhookKey(client.options.namespace, firstRunId, kind, 'end'));
  return event.webhookId === `msg_${hash.digest('hex').slice(0, 32)}`;
}

/** The contract's body of a result that was handed over; undefined where it was another job's. */
export function resultsIn(given: HandedOver | undefined): ResultBody | undefined {
  if (given?.isOwn !== true || given.event === undefined) return undefined;
  return fromSentResult(JSON.parse(given.event.body) as ResultBody);
}
