/** How the webhooks of a job were answered last, from the deliveries that outlive it and from the job itself. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Attempt, AttemptOutcome, WebhookKind } from '../domain/delivery';
import type { DeliveryRecord } from '../domain/delivery-record';
import { PipelineError } from '../domain/errors';
import type { JobStatus } from '../domain/events';
import { deliveryQuery, progressOutcomeQuery } from '../../workflows/messages';
import { queryWithin } from './messages';

/** The last attempt of a webhook that has finished. */
export interface WebhookOutcome {
  /** Where it was sent. */
  readonly url: string;
  /** What the event told of the job; undefined where it was the one that told its end. */
  readonly status?: JobStatus;
  /** The answer, or the class of the error. */
  readonly outcome: AttemptOutcome;
}

/** Long enough for a worker under load, and within two seconds. */
const ANSWER_WITHIN_MS = 1_500;

/**
 * @returns undefined where none has finished
 * @throws PipelineError `Unavailable` where no worker tells
 */
export async function readWebhookOutcome(
  client: Client,
  jobId: string,
  kind: WebhookKind,
): Promise<WebhookOutcome | undefined> {
  const record = await readDelivery(client, `${jobId}/${kind}`);
  const last = record?.attempts.at(-1);
  if (record !== undefined && last !== undefined) return { url: record.url, outcome: asOutcome(last) };
  if (kind === 'result') return undefined;
  const told = await queryWithin(client, jobId, progressOutcomeQuery, ANSWER_WITHIN_MS);
  if (told === undefined) throw new PipelineError('Unavailable', `no worker told the webhooks of ${jobId} in time`);
  return told ?? undefined;
}

function asOutcome({ attempt: _, trigger: __, ...outcome }: Attempt): AttemptOutcome {
  return outcome;
}

/** Of one that has closed its result tells, so that no history is replayed. */
async function readDelivery(client: Client, workflowId: string): Promise<DeliveryRecord | undefined> {
  const handle = client.workflow.getHandle<() => Promise<DeliveryRecord | null>>(workflowId);
  try {
    const { status } = await handle.describe();
    if (status.name === 'COMPLETED') return (await handle.result()) ?? undefined;
    const record = await queryWithin(client, workflowId, deliveryQuery, ANSWER_WITHIN_MS);
    if (record === undefined) throw new PipelineError('Unavailable', `no worker told of ${workflowId} in time`);
    return record;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
