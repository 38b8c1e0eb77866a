/**
 * Deliveries that were made by their job itself: no workflow has them, the memo of the job's run tells of them (DESIGN.md,
 * «The record of deliveries»).
 */
import type { Client } from '@temporalio/client';
import { deliveryId, type TakenDeliveries } from '../domain/delivery-input';
import type { DeliveryRecord } from '../domain/delivery-record';
import { DELIVERIES } from '../../workflows/messages';
import { isGone } from './gone';
import { readStart, type KnownRun } from './started-job';
import { terminalId } from './terminal-id';

/** A terminal event that its receiver took at the job's own attempt. */
export interface Taken {
  /** Of the job: the run that made the attempt. */
  readonly runId: string;
  /** Of the job. */
  readonly taskQueue: string;
  /** As it was then: who asks for it again has a workflow with more. */
  readonly record: DeliveryRecord;
}

/** @returns none where it is no job's run, or it has delivered nothing itself */
export function takenIn({ memo, runId, taskQueue }: Pick<KnownRun, 'memo' | 'runId' | 'taskQueue'>): Taken[] {
  const { progress, result } = (memo?.[DELIVERIES] ?? {}) as TakenDeliveries;
  return [progress, result].flatMap((record) => (record === undefined ? [] : [{ runId, taskQueue, record }]));
}

/** Of the job that has made it. */
async function firstRunIdOf(client: Client, { runId, record }: Taken): Promise<string> {
  // Most jobs have one run: the event's id tells whether this one has.
  if (record.id === terminalId(client, record.kind, runId)) return runId;
  try {
    return (await readStart(client, { workflowId: record.jobId, runId })).firstRunId;
  } catch (error) {
    // Forgotten, which visibility may be slower to hear of.
    if (isGone(error)) return runId;
    throw error;
  }
}

/** The ids under which somebody who has asked for it again may have started its workflow. */
export async function redeliveryIds(client: Client, taken: Taken): Promise<readonly [string, string]> {
  const { jobId, kind } = taken.record;
  return [deliveryId(jobId, kind), deliveryId(jobId, kind, await firstRunIdOf(client, taken))];
}

/** Where its workflow is started, which is not there yet: the id may be that of what another job of its id has sent. */
export async function freeId(client: Client, taken: Taken): Promise<string> {
  const [id, another] = await redeliveryIds(client, taken);
  try {
    await client.workflow.getHandle(id).describe();
    return another;
  } catch (error) {
    if (isGone(error)) return id;
    throw error;
  }
}
