/** How the webhooks of a job were answered last, from the deliveries that outlive it and from the job itself. */
import type { Client } from '@temporalio/client';
import type { Attempt, AttemptOutcome, WebhookKind } from '../domain/delivery';
import type { DeliveryRecord } from '../domain/delivery-record';
import { PipelineError } from '../domain/errors';
import type { JobStatus } from '../domain/events';
import { progressOutcomeQuery } from '../../workflows/messages';
import { within } from './deadline';
import { readDelivery } from './delivery-reader';
import { readHandedOver, readTaken } from './handed-over';
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

/** Long enough for a worker under load, which replays the job first where it does not have it at hand. */
const ANSWER_WITHIN_MS = 5_000;

interface AskedJob {
  readonly jobId: string;
  /** Of its runs: an earlier job of the same id has webhooks of its own. */
  readonly firstRunId: string;
  /** Whether its workflow has ended without a word, and answers nothing. */
  readonly isMute: boolean;
}

/**
 * @returns undefined where none has finished
 * @throws PipelineError `Unavailable` where no worker tells
 */
export async function readWebhookOutcome(
  client: Client,
  { jobId, firstRunId, isMute }: AskedJob,
  kind: WebhookKind,
): Promise<WebhookOutcome | undefined> {
  const handed = await within(client, ANSWER_WITHIN_MS, () => readHandedOver(client, jobId, firstRunId, kind));
  const found = handed?.isOwn === true ? await readDelivery(client, handed) : undefined;
  const record = found?.record ?? (await readOwn(client, jobId, firstRunId, kind));
  const last = record?.attempts.at(-1);
  if (record !== undefined && last !== undefined) return { url: record.url, outcome: asOutcome(last) };
  if (kind === 'result' || isMute) return undefined;
  const told = await queryWithin(client, jobId, progressOutcomeQuery, ANSWER_WITHIN_MS);
  if (told === undefined) throw new PipelineError('Unavailable', `no worker told the webhooks of ${jobId} in time`);
  return told ?? undefined;
}

/** What the job has delivered itself. */
async function readOwn(
  client: Client,
  jobId: string,
  firstRunId: string,
  kind: WebhookKind,
): Promise<DeliveryRecord | undefined> {
  const run = await within(client, ANSWER_WITHIN_MS, () => client.workflow.getHandle(jobId).describe());
  return (await readTaken(client, run, firstRunId, kind))?.record;
}

function asOutcome({ attempt: _, trigger: __, ...outcome }: Attempt): AttemptOutcome {
  return outcome;
}
