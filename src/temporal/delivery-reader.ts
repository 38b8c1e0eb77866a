/**
 * A delivery as the server tells it: of an open one its memo, of a closed one its result, of one that its job has made the
 * job's memo. No worker is asked.
 */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { DELIVERY, type DeliveryMemo } from '../domain/delivery-input';
import { changeRecord, type DeliveryRecord } from '../domain/delivery-record';
import { PipelineError } from '../domain/errors';
import { formatTimestamp } from '../domain/events';
import { DELIVER_WEBHOOK, deliveryQuery } from '../../workflows/messages';
import { within } from './deadline';
import { queryWithin } from './messages';
import { redeliveryIds, type Taken } from './taken-deliveries';
import { addUnrecorded } from './unrecorded-attempts';

/** What tells of a delivery. */
export interface Whereabouts {
  /** Its workflow; of one that its job has made: the one that it would have, and has where somebody asks for it again. */
  readonly workflowId: string;
  /** Where its job has made it. */
  readonly taken?: Taken;
}

export interface FoundDelivery {
  /** The latest run of its workflow; absent where its job has made it, and nobody has asked for it again. */
  readonly description?: WorkflowExecutionDescription;
  readonly record: DeliveryRecord;
}

const ANSWER_WITHIN_MS = 1_800;
/** Long enough for a worker under load, and within two seconds. */
const QUERY_WITHIN_MS = 1_500;

/**
 * Looks a delivery up.
 *
 * @returns undefined where there is none, or it has no must-deliver event
 * @throws PipelineError `Unavailable` where neither the server nor, where that knows too little, a worker tells
 */
export async function readDelivery(
  client: Client,
  { workflowId, taken }: Whereabouts,
): Promise<FoundDelivery | undefined> {
  if (taken === undefined) return await readWorkflow(client, workflowId);
  return (await readRedelivery(client, taken)) ?? { record: taken.record };
}

/** Another job of the same id may have a delivery of that workflow. */
async function readRedelivery(client: Client, taken: Taken): Promise<FoundDelivery | undefined> {
  const ids = await redeliveryIds(client, taken);
  const found = await Promise.all(ids.map((id) => readWorkflow(client, id)));
  return found.find((delivery) => delivery?.record.id === taken.record.id);
}

async function readWorkflow(client: Client, workflowId: string): Promise<FoundDelivery | undefined> {
  try {
    const description = await within(client, ANSWER_WITHIN_MS, () => client.workflow.getHandle(workflowId).describe());
    if (description.type !== DELIVER_WEBHOOK) return undefined;
    const record = await recordOf(client, description);
    return record && { description, record };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function recordOf(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<DeliveryRecord | undefined> {
  const { workflowId, runId, status } = description;
  if (status.name === 'COMPLETED') {
    const handle = client.workflow.getHandle<() => Promise<DeliveryRecord | null>>(workflowId, runId);
    return (await handle.result()) ?? undefined;
  }
  const { record } = memoOf(description) ?? {};
  if (status.name === 'RUNNING') {
    return record ?? (await askWorker(client, workflowId));
  }
  // Terminated or timed out from outside: nothing will be sent any more unless somebody asks for it.
  if (record === undefined) return undefined;
  const whole = await addUnrecorded(client, description, record);
  if (record.state !== 'pending') return whole;
  return changeRecord(whole, { state: 'dead', reason: status.name.toLowerCase(), nextAttemptAt: undefined });
}

/** Of a run that is open, or was ended from outside. */
export function memoOf({
  memo,
  startTime,
}: Pick<WorkflowExecutionDescription, 'memo' | 'startTime'>):
  { readonly record: DeliveryRecord; readonly endedAt?: number } | undefined {
  const told = memo?.[DELIVERY] as DeliveryMemo | undefined;
  if (told === undefined) return undefined;
  const createdAt = formatTimestamp(startTime.getTime());
  return { ...told, record: changeRecord({ createdAt, ...told.record }, {}) };
}

/** One that an earlier version has started has no memo. */
async function askWorker(client: Client, workflowId: string): Promise<DeliveryRecord> {
  const record = await queryWithin(client, workflowId, deliveryQuery, QUERY_WITHIN_MS);
  if (record === undefined) throw new PipelineError('Unavailable', `no worker told of ${workflowId} in time`);
  return record;
}
