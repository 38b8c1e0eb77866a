/** Asks deliveries for a manual attempt (contract §7, «Redelivery»). */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { DELIVERY, type DeliverWebhookInput, type DeliveryMemo } from '../domain/delivery-input';
import type { DeliveryRecord } from '../domain/delivery-record';
import { PipelineError } from '../domain/errors';
import { DELIVER_WEBHOOK, redeliverSignal } from '../../workflows/messages';
import { WEBHOOK_ID, WEBHOOK_STATE, WEBHOOK_URL } from '../../workflows/search-attributes';
import { mapAtOnce } from './at-once';
import { within } from './deadline';
import { readDelivery, type FoundDelivery, type Whereabouts } from './delivery-reader';
import { readStart } from './started-job';
import { findDeliveries, findDelivery, type DeliveryCriteria, type Hit, type Standing } from './find-deliveries';
import { redeliveryInput } from './redelivery-input';
import { freeId, type Taken } from './taken-deliveries';

/** What is in Temporal's hands at a time. */
const AT_ONCE = 20;
/** So many of one call begin in a second at one host; the others wait for their turn in their own workflows. */
const PER_SECOND = 10;
/** The most that one call asks for. */
const MOST = 10_000;

const ASKED_WITHIN_MS = 10_000;

/** @throws PipelineError `NotFound`, or `WrongState` where its retention has passed */
export async function redeliverOne(client: Client, id: string): Promise<void> {
  const where = await findDelivery(client, id);
  const found = where && (await readDelivery(client, where));
  // A later job of the same id has deliveries of the same workflows: its event is not the one that was asked for.
  const isIt = where !== undefined && found?.record.id === id;
  const outcome = isIt ? await ask(client, where, found, 0) : 'missing';
  if (outcome === 'missing') throw new PipelineError('NotFound', `delivery ${id} Not Found`);
  if (outcome === 'expired') throw new PipelineError('WrongState', `the retention of delivery ${id} has passed`);
}

/** @returns how many were asked; those whose retention has passed are left out */
export async function redeliverMatching(client: Client, criteria: DeliveryCriteria): Promise<number> {
  const hits: Hit[] = [];
  for (const standing of ['dead', 'waiting', 'closed'] as const satisfies readonly Standing[]) {
    for await (const hit of findDeliveries(client, criteria, standing)) {
      if (hits.length >= MOST) break;
      hits.push(hit);
    }
  }
  const turnOf = createTurns();
  // Those that were dead and have been redelivered since have more than one run. A later job may have the id of one that has
  // delivered its events itself.
  const unique = [...new Map(hits.map((hit) => [hit.taken?.record.id ?? hit.workflowId, hit])).values()];
  const delays = unique.map(({ url }) => turnOf(url));
  const outcomes = await mapAtOnce(unique, AT_ONCE, async (hit, index) => {
    const found = await readDelivery(client, hit);
    if (!matches(found, criteria)) return 'missing';
    return await ask(client, hit, found, delays[index] ?? 0, criteria);
  });
  return outcomes.filter((outcome) => outcome === 'asked').length;
}

/** @returns how long the next one to the host of a URL has to wait, in milliseconds */
function createTurns(): (url: string) => number {
  const counts = new Map<string, number>();
  return (url) => {
    const host = URL.canParse(url) ? new URL(url).host : '';
    const before = counts.get(host) ?? 0;
    counts.set(host, before + 1);
    return Math.floor(before / PER_SECOND) * 1_000;
  };
}

/** Visibility is a moment behind, knows only the beginning of a URL, and of a run that goes on with a delivery its own. */
function matches(
  found: FoundDelivery | undefined,
  { states, url, from = 0 }: DeliveryCriteria,
): found is FoundDelivery {
  if (found === undefined || Date.parse(found.record.createdAt) < from) return false;
  return (states?.includes(found.record.state) ?? true) && (url === undefined || url === found.record.url);
}

type Asked = 'asked' | 'expired' | 'missing';

/** @param found what was read there */
async function ask(
  client: Client,
  where: Whereabouts,
  found: FoundDelivery,
  delayMs: number,
  criteria: DeliveryCriteria = {},
): Promise<Asked> {
  const { taken } = where;
  if (taken !== undefined && found.description === undefined) return await open(client, taken, delayMs);
  const workflowId = found.description?.workflowId ?? where.workflowId;
  try {
    const handle = client.workflow.getHandle(workflowId);
    await within(client, ASKED_WITHIN_MS, () => handle.signal(redeliverSignal, delayMs));
    return 'asked';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return await reopen(client, workflowId, delayMs, criteria);
  }
}

/** One that its job has made goes on in a workflow, and stays found by the job's run. */
async function open(client: Client, taken: Taken, delayMs: number): Promise<Asked> {
  const input = await redeliveryInput(client, taken);
  if (input === undefined) return 'missing';
  if (hasExpired(taken.record, input)) return 'expired';
  const { taskQueue, record } = taken;
  await start(client, { workflowId: await freeId(client, taken), taskQueue, record, input }, delayMs);
  return 'asked';
}

/** One that has closed goes on in a new run, with the log so far. Should another have opened it meanwhile, that one is asked. */
async function reopen(client: Client, workflowId: string, delayMs: number, criteria: DeliveryCriteria): Promise<Asked> {
  const found = await readDelivery(client, { workflowId });
  // It may have been delivered since it was looked at: who asks for dead ones does not mean it any more.
  if (!matches(found, criteria) || found.description === undefined) return 'missing';
  const { description, record } = found;
  const { args } = await readStart(client, { workflowId, runId: description.runId });
  const [input] = args as [DeliverWebhookInput];
  if (hasExpired(record, input)) return 'expired';
  const { successor: _, made: __, inFlightUntil: ___, ...rest } = input;
  const again: DeliverWebhookInput = { ...rest, earlier: [], hasPredecessor: false, hasMemo: true, record };
  const { taskQueue } = description;
  await start(client, { workflowId, taskQueue, record, input: again }, delayMs, attributesOf(description, record));
  return 'asked';
}

function hasExpired({ createdAt }: DeliveryRecord, { retentionMs }: DeliverWebhookInput): boolean {
  return Date.now() >= Date.parse(createdAt) + retentionMs;
}

interface Again {
  readonly workflowId: string;
  readonly taskQueue: string;
  /** What it came to so far. */
  readonly record: DeliveryRecord;
  readonly input: DeliverWebhookInput;
}

async function start(
  client: Client,
  { workflowId, taskQueue, record, input }: Again,
  delayMs: number,
  attributes: object = {},
): Promise<void> {
  const memo: DeliveryMemo = { record };
  await within(client, ASKED_WITHIN_MS, () =>
    client.workflow.signalWithStart(DELIVER_WEBHOOK, {
      workflowId,
      taskQueue,
      args: [input],
      signal: redeliverSignal,
      signalArgs: [delayMs],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { [DELIVERY]: memo },
      staticSummary: `${record.kind} webhook, once more`,
      ...attributes,
    }),
  );
}

/**
 * What was delivered stays found by its first run, whose end does not move. Another one is found by the new run from now
 * on, if the namespace has our attributes at all.
 */
function attributesOf({ typedSearchAttributes }: WorkflowExecutionDescription, record: DeliveryRecord): object {
  const url = typedSearchAttributes.get(WEBHOOK_URL);
  if (record.state === 'delivered' || url === undefined) return {};
  return {
    typedSearchAttributes: [
      { key: WEBHOOK_ID, value: record.id },
      { key: WEBHOOK_URL, value: url },
      { key: WEBHOOK_STATE, value: record.state satisfies DeliveryRecord['state'] },
    ],
  };
}
