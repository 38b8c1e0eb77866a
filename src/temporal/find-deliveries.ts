/**
 * Deliveries by what they are, as Temporal's visibility lists them. Three queries, since no store takes an order and the
 * attributes of a closed run never change again (DESIGN.md, «The record of deliveries»). A run is that of a delivery, or of a
 * job that has delivered its terminal events itself.
 */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { WebhookKind } from '../domain/delivery';
import { deliveryId } from '../domain/delivery-input';
import type { DeliveryRecord, DeliveryState } from '../domain/delivery-record';
import { DELIVER_WEBHOOK, RUN_PIPELINE } from '../../workflows/messages';
import {
  toKeyword,
  WEBHOOK_ID,
  WEBHOOK_PROGRESS_ID,
  WEBHOOK_PROGRESS_URL,
  WEBHOOK_STATE,
  WEBHOOK_URL,
} from '../../workflows/search-attributes';
import { memoOf, type Whereabouts } from './delivery-reader';
import { search } from './list-page';
import { takenIn, type Taken } from './taken-deliveries';
import { quote, quoteTime, type Search } from './visibility';

/** What a delivery must match; what is not given, all match. */
export interface DeliveryCriteria {
  /** Of this job alone. @default of any */
  readonly jobId?: string;
  /** To exactly this URL, as the pipeline has it. @default to any */
  readonly url?: string;
  /** In one of these. @default in any */
  readonly states?: readonly DeliveryState[];
  /** Created then or later; milliseconds since 1970, UTC. */
  readonly from?: number;
  /** Created then or earlier; milliseconds since 1970, UTC. */
  readonly to?: number;
}

/**
 * `waiting`: it is pending. `dead`: given up, and open for its retention. `closed`: the rest. In that order, the first
 * by their beginning and the others by their end.
 */
export type Standing = 'waiting' | 'dead' | 'closed';

export interface Hit extends Whereabouts {
  /** Of a run that has the attributes, the job's or the delivery's; a later one may have none, or others. */
  readonly runId: string;
  readonly url: string;
  /** What that run was at last. */
  readonly state: string | undefined;
  /** What it is sorted by, newest first: epoch milliseconds. */
  readonly at: number;
}

const KINDS = ['progress', 'result'] as const satisfies readonly WebhookKind[];

/**
 * Those that are waiting come by their beginning and those that are closed by their end, newest first; those that are
 * dead in no order, as only they themselves know when that was.
 *
 * @param before only those that began or ended before, in epoch milliseconds
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
 */
export async function* findDeliveries(
  client: Client,
  criteria: DeliveryCriteria,
  standing: Standing,
  before = Infinity,
): AsyncIterable<Hit> {
  const states = statesOf(standing, criteria.states);
  if (states.length === 0) return;
  const conditions = [
    `ExecutionStatus ${standing === 'closed' ? '!=' : '='} 'Running'`,
    `(${[...formsOf(criteria, standing, states)].join(' OR ')})`,
  ];
  if (before !== Infinity)
    conditions.push(`${standing === 'closed' ? 'CloseTime' : 'StartTime'} < ${quoteTime(before)}`);
  for await (const info of search(client, searchFor(conditions.join(' AND ')))) yield* hitsOf(info, criteria, standing);
}

/** @returns what tells of the delivery with that `webhook-id`; undefined where there is none, or not yet */
export async function findDelivery(client: Client, id: string): Promise<Whereabouts | undefined> {
  const isIt = `(${WEBHOOK_ID.name} = ${quote(id)} OR ${WEBHOOK_PROGRESS_ID.name} = ${quote(id)})`;
  const types = [DELIVER_WEBHOOK, RUN_PIPELINE].map(quote).join(', ');
  let made: Whereabouts | undefined;
  for await (const info of search(client, searchFor(`WorkflowType IN (${types}) AND ${isIt}`))) {
    // A workflow of its own tells more than the job whose attempt it goes on with.
    if (info.type === DELIVER_WEBHOOK) return { workflowId: info.workflowId };
    const taken = takenIn(info).find(({ record }) => record.id === id);
    made ??= taken && whereaboutsOf(taken);
  }
  return made;
}

function whereaboutsOf(taken: Taken): Whereabouts {
  return { workflowId: deliveryId(taken.record.jobId, taken.record.kind), taken };
}

function searchFor(query: string): Search {
  const attributes = [WEBHOOK_ID, WEBHOOK_URL, WEBHOOK_STATE, WEBHOOK_PROGRESS_ID, WEBHOOK_PROGRESS_URL];
  return { what: 'deliveries', query, attributes };
}

/** What the attribute says then. A run that was ended from outside keeps its last, and is dead whatever it was. */
function statesOf(standing: Standing, wanted: readonly DeliveryState[] | undefined): DeliveryState[] {
  const isWanted = (state: DeliveryState): boolean => wanted?.includes(state) ?? true;
  if (standing === 'waiting') return isWanted('pending') ? ['pending'] : [];
  if (standing === 'dead') return isWanted('dead') ? ['dead'] : [];
  return [...(isWanted('delivered') ? ['delivered' as const] : []), ...(isWanted('dead') ? DEAD : [])];
}

const DEAD = ['dead', 'pending'] as const satisfies readonly DeliveryState[];

/** Those of a delivery's workflow, and of a job that has closed. */
function* formsOf(criteria: DeliveryCriteria, standing: Standing, states: readonly DeliveryState[]): Iterable<string> {
  yield `(${[...isDelivery(criteria, states)].join(' AND ')})`;
  if (standing === 'closed' && states.includes('delivered')) yield `(${[...hasDelivered(criteria)].join(' AND ')})`;
}

function* isDelivery({ jobId, url, from, to }: DeliveryCriteria, states: readonly DeliveryState[]): Iterable<string> {
  yield `WorkflowType = ${quote(DELIVER_WEBHOOK)}`;
  yield `${WEBHOOK_STATE.name} IN (${states.map(quote).join(', ')})`;
  if (jobId !== undefined) yield ofJob(jobId);
  if (url !== undefined) yield `${WEBHOOK_URL.name} = ${quote(toKeyword(url))}`;
  if (from !== undefined) yield `StartTime >= ${quoteTime(from)}`;
  // The server's times are finer than ours.
  if (to !== undefined) yield `StartTime < ${quoteTime(to + 1)}`;
}

/** What it has delivered was created between its start and its close: its memo tells when. */
function* hasDelivered({ jobId, url, from, to }: DeliveryCriteria): Iterable<string> {
  yield `WorkflowType = ${quote(RUN_PIPELINE)}`;
  yield `${WEBHOOK_STATE.name} = ${quote('delivered' satisfies DeliveryState)}`;
  if (jobId !== undefined) yield `WorkflowId = ${quote(jobId)}`;
  if (url !== undefined) {
    const told = quote(toKeyword(url));
    yield `(${WEBHOOK_URL.name} = ${told} OR ${WEBHOOK_PROGRESS_URL.name} = ${told})`;
  }
  if (from !== undefined) yield `CloseTime >= ${quoteTime(from)}`;
  if (to !== undefined) yield `StartTime < ${quoteTime(to + 1)}`;
}

/** Those of a job, whether or not they had to make way for those of an earlier job of its id. */
function ofJob(jobId: string): string {
  const ids = KINDS.map((kind) => deliveryId(jobId, kind));
  const later = ids.map((id) => `WorkflowId STARTS_WITH ${quote(`${id}/`)}`);
  return `(WorkflowId IN (${ids.map(quote).join(', ')}) OR ${later.join(' OR ')})`;
}

/** @returns whether Temporal knows any delivery of a job */
export async function hasDeliveries(client: Client, jobId: string): Promise<boolean> {
  const query = `WorkflowType = ${quote(DELIVER_WEBHOOK)} AND ${ofJob(jobId)}`;
  return (await client.workflow.count(query)).count > 0;
}

function hitsOf(info: WorkflowExecutionInfo, criteria: DeliveryCriteria, standing: Standing): Hit[] {
  if (info.type === DELIVER_WEBHOOK) return [hitOf(info, standing)];
  const { runId, startTime, closeTime = startTime } = info;
  return takenIn(info)
    .filter(({ record }) => isSought(record, criteria))
    .map((taken) => {
      const { url, state } = taken.record;
      return { ...whereaboutsOf(taken), runId, url, state, at: closeTime.getTime() };
    });
}

/** What the query leaves open of one that a job has made. */
function isSought(
  { url, createdAt }: DeliveryRecord,
  { url: sought = url, from = 0, to = Infinity }: DeliveryCriteria,
): boolean {
  const at = Date.parse(createdAt);
  return url === sought && at >= from && at <= to;
}

function hitOf(info: WorkflowExecutionInfo, standing: Standing): Hit {
  const { workflowId, runId, startTime, closeTime, typedSearchAttributes } = info;
  const ends = { waiting: startTime.getTime(), dead: memoOf(info)?.endedAt, closed: closeTime?.getTime() };
  const url = typedSearchAttributes.get(WEBHOOK_URL) ?? '';
  const state = typedSearchAttributes.get(WEBHOOK_STATE);
  return { workflowId, runId, url, state, at: ends[standing] ?? startTime.getTime() };
}
