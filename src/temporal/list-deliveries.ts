/** A page of deliveries: those waiting first, then by end, newest first (contract §8). */
import type { Client } from '@temporalio/client';
import type { DeliveryRecord } from '../domain/delivery-record';
import { invalid } from '../domain/errors';
import { WEBHOOK_STATE } from '../../workflows/search-attributes';
import { mapAtOnce } from './at-once';
import { readDelivery, type FoundDelivery } from './delivery-reader';
import { findDeliveries, type DeliveryCriteria, type Hit } from './find-deliveries';

/** Some of the deliveries that match. */
export interface DeliveryPage {
  /** Those waiting first, then by end, newest first. */
  readonly hits: readonly DeliveryRecord[];
  /** Asks for what follows; absent where nothing does. */
  readonly cursor?: string;
}

/** Where the page ended: the next one begins behind it, whatever has come or gone meanwhile. */
interface Position extends Pick<Hit, 'at' | 'workflowId'> {
  readonly isWaiting: boolean;
}

/** What is in Temporal's hands at a time. */
const AT_ONCE = 20;

/**
 * Visibility is a moment behind: what has begun or ended just now may be missing, or be told as it is now and not match
 * any more; a page may have fewer hits than asked for then.
 *
 * @throws PipelineError `InvalidPipeline` where the cursor is none
 */
export async function listDeliveries(
  client: Client,
  criteria: DeliveryCriteria,
  limit: number,
  cursor: string | undefined,
): Promise<DeliveryPage> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  // One more than asked for tells whether anything follows.
  const found = after?.isWaiting === false ? [] : await waiting(client, criteria, limit + 1, after);
  const more = limit + 1 - found.length;
  if (more > 0) found.push(...(await ended(client, criteria, more, after?.isWaiting === true ? undefined : after)));
  // One that has ended between the questions is in the answers of both.
  const page = [...new Map(found.slice(0, limit).map((hit) => [keyOf(hit), hit])).values()];
  const records = await mapAtOnce(page, AT_ONCE, (hit) => read(client, criteria, hit));
  const last = found.length > limit ? page.at(-1) : undefined;
  const hits = records.filter((record) => record !== undefined);
  return last === undefined ? { hits } : { hits, cursor: formatCursor(last) };
}

async function waiting(
  client: Client,
  criteria: DeliveryCriteria,
  count: number,
  after: Position | undefined,
): Promise<(Hit & Position)[]> {
  const hits = await newest(findDeliveries(client, criteria, 'waiting', endOf(after)), count, after);
  return hits.map((hit) => ({ ...hit, isWaiting: true }));
}

/** The dead ones are open, so the server can't sort them by their end: all of them are looked at. */
async function ended(
  client: Client,
  criteria: DeliveryCriteria,
  count: number,
  after: Position | undefined,
): Promise<(Hit & Position)[]> {
  const [closed, dead] = await Promise.all([
    newest(findDeliveries(client, criteria, 'closed', endOf(after)), count, after),
    newest(findDeliveries(client, criteria, 'dead', endOf(after)), Infinity, after),
  ]);
  return [...closed, ...dead]
    .sort(byTime)
    .slice(0, count)
    .map((hit) => ({ ...hit, isWaiting: false }));
}

/** Of the same millisecond all are taken before any is left out, as the server sorts them by finer times. */
async function newest(found: AsyncIterable<Hit>, count: number, after: Position | undefined): Promise<Hit[]> {
  const hits: Hit[] = [];
  for await (const hit of found) {
    if (hits.length >= count && hit.at < (hits.at(-1)?.at ?? 0)) break;
    if (after === undefined || byTime(after, hit) < 0) hits.push(hit);
  }
  return hits.sort(byTime).slice(0, count);
}

type Sorted = Pick<Hit, 'at' | 'workflowId'>;

function byTime(one: Sorted, other: Sorted): number {
  return other.at - one.at || (one.workflowId < other.workflowId ? -1 : Number(one.workflowId > other.workflowId));
}

/** A job's run may stand for both of its deliveries, and that of one that was reset for what an earlier run had made. */
function keyOf({ runId, taken }: Hit): string {
  return taken?.record.id ?? runId;
}

function endOf(after: Position | undefined): number | undefined {
  return after === undefined ? undefined : after.at + 1;
}

/** @returns undefined where it no longer matches, or a later run stands for it */
async function read(
  client: Client,
  { url, states, from = 0 }: DeliveryCriteria,
  hit: Hit,
): Promise<DeliveryRecord | undefined> {
  const found = await readDelivery(client, hit);
  if (found === undefined) return undefined;
  const { record } = found;
  if (!standsFor(hit, found) || states?.includes(record.state) === false) return undefined;
  // A run that has gone on with it has begun later.
  if (Date.parse(record.createdAt) < from) return undefined;
  // The attribute has only its beginning.
  return url === undefined || url === record.url ? record : undefined;
}

/** Of the runs of a delivery one is listed. */
function standsFor({ runId, state, taken }: Hit, { description }: FoundDelivery): boolean {
  // That of a job which made its attempt once more, as it was reset, and failed: its delivery has attributes.
  if (taken !== undefined) return description?.typedSearchAttributes.get(WEBHOOK_STATE) === undefined;
  if (description?.runId === runId) return true;
  // Only behind one that was delivered do the later runs have no attributes.
  return description?.typedSearchAttributes.get(WEBHOOK_STATE) === undefined && state === 'delivered';
}

function formatCursor({ isWaiting, at, workflowId }: Position): string {
  return Buffer.from(JSON.stringify([isWaiting, at, workflowId])).toString('base64url');
}

function parseCursor(cursor: string): Position {
  try {
    const [isWaiting, at, workflowId] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof isWaiting === 'boolean' && isTime(at) && typeof workflowId === 'string')
      return { isWaiting, at, workflowId };
  } catch {
    // Not even JSON.
  }
  throw invalid('data.cursor should be the cursor of an earlier answer');
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) < 8.64e15;
}
