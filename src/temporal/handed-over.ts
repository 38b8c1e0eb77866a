/** Terminal events that were handed over to a delivery or sent by the job itself, by what histories hold: no worker is asked. */
import type { Client } from '@temporalio/client';
import type { WebhookKind, WebhookRequest } from '../domain/delivery';
import { deliveryId, type DeliverWebhookInput } from '../domain/delivery-input';
import { fromSentResult } from '../domain/dialect';
import type { ResultBody } from '../domain/events';
import { DELIVER_WEBHOOK } from '../../workflows/messages';
import { findDelivery } from './find-deliveries';
import type { OwnAttempts } from '../domain/untold';
import { findSent } from './sent-webhooks';
import { isGone } from './gone';
import { readStart, type KnownRun } from './started-job';
import { takenIn, type Taken } from './taken-deliveries';
import { terminalId } from './terminal-id';
import { Unsearchable } from './visibility';

/** What a delivery was started with. */
export interface HandedOver {
  readonly workflowId: string;
  /** Absent where the subscriber's level let no terminal event pass. */
  readonly event?: { readonly webhookId: string; readonly sequence: number; readonly body: string };
  /** Whether it was a job of these runs, and not an earlier one of the same id. */
  readonly isOwn: boolean;
}

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

/** Whether what holds the id of a job's delivery is this job's, or an earlier run of it has made the delivery itself. */
export async function isOwnDelivery(
  client: Client,
  { jobId, kind, firstRunId }: { readonly jobId: string; readonly kind: WebhookKind; readonly firstRunId: string },
): Promise<boolean> {
  if ((await readOne(client, deliveryId(jobId, kind), firstRunId))?.isOwn === true) return true;
  return (await findTaken(client, firstRunId, kind)) !== undefined;
}

/**
 * What a job has delivered itself.
 *
 * @param run its latest, or the one that is asked about
 * @param firstRunId of its runs
 */
export async function readTaken(
  client: Client,
  run: Pick<KnownRun, 'memo' | 'runId' | 'taskQueue'>,
  firstRunId: string,
  kind: WebhookKind,
): Promise<Taken | undefined> {
  const id = terminalId(client, kind, firstRunId);
  const own = takenIn(run).find(({ record }) => record.id === id);
  // An earlier run may have, before the job was reset.
  return own ?? (run.runId === firstRunId ? undefined : await findTaken(client, firstRunId, kind));
}

/** Visibility is a moment behind. */
async function findTaken(client: Client, firstRunId: string, kind: WebhookKind): Promise<Taken | undefined> {
  try {
    return (await findDelivery(client, terminalId(client, kind, firstRunId)))?.taken;
  } catch (error) {
    // A job that has none of our attributes makes no delivery itself.
    if (error instanceof Unsearchable) return undefined;
    throw error;
  }
}

/**
 * The result that a job had made known before it was ended from outside, or before it was reset and ended so.
 *
 * @param handed what {@link readHandedOver} has found of it
 * @param attempts of the run
 */
export async function readToldResult(
  client: Client,
  run: KnownRun,
  firstRunId: string,
  handed: HandedOver | undefined,
  attempts: OwnAttempts,
): Promise<ResultBody | undefined> {
  const told = (handed?.isOwn === true ? handed.event : undefined) ?? attempts.result;
  if (told !== undefined) return resultIn(told);
  const taken = await readTaken(client, run, firstRunId, 'result');
  if (taken === undefined) return undefined;
  const { runId, record } = taken;
  const sent = await findSent(client, { workflowId: record.jobId, runId }, record.id);
  return sent && resultIn(sent);
}

/** The contract's body. */
function resultIn({ body }: Pick<WebhookRequest, 'body'>): ResultBody {
  return fromSentResult(JSON.parse(body) as ResultBody);
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
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** An earlier version did not tell whose it is: only the id of its event does, where it has one. */
function isAbout(client: Client, event: DeliverWebhookInput['event'], kind: WebhookKind, firstRunId: string): boolean {
  if (event === undefined) return true;
  return event.webhookId === terminalId(client, kind, firstRunId);
}
