/** Tells a delivery of an attempt that its job has begun, and that may have lasted longer than the job's workflow. */
import type { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentOutcome, WebhookRequest } from '../src/domain/delivery';
import { ATTEMPT_OVER, DELIVERY, deliveryId, type AttemptOver, type DeliveryMemo } from '../src/domain/delivery-input';

/** The delivery is started while the attempt lasts, but it may take its time. */
const TRIES = 5;
const BETWEEN_MS = 1_000;

/**
 * In the background, as the job is answered all the same. Where the delivery can't be told the attempt counts as lost.
 *
 * @param lastedMs since the attempt was begun
 */
export function reportLate(
  { info, client, log }: Context,
  { kind, webhookId, report }: WebhookRequest,
  { followers: _, ...outcome }: SentOutcome,
  lastedMs: number,
): void {
  const jobId = info.workflowExecution?.workflowId;
  if (report === undefined || jobId === undefined) return;
  // It may have waited for a worker before. The clocks may differ, but one that is told for nothing does not mind.
  const sinceAskedMs = Date.now() - info.currentAttemptScheduledTimestampMs;
  if (Math.max(lastedMs, sinceAskedMs) < report.afterMs) return;
  const over: AttemptOver = { webhookId, outcome };
  // An earlier job of this one's id may hold the first.
  const ids = [deliveryId(jobId, kind), deliveryId(jobId, kind, report.firstRunId)];
  const tell = async (): Promise<void> => {
    for (let tries = 1; tries <= TRIES; tries++) {
      for (const id of ids) {
        const told = await signal(client, id, over).catch((error: unknown) => {
          log.debug('a delivery could not be told of its first attempt', { webhookId, error });
          return false;
        });
        if (told) return;
      }
      await sleep(BETWEEN_MS, undefined, { ref: false });
    }
  };
  void tell();
}

/** @returns whether it was that event's delivery */
async function signal(client: Context['client'], workflowId: string, over: AttemptOver): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { memo } = await handle.describe();
    const told = memo?.[DELIVERY] as DeliveryMemo | undefined;
    if (told?.record.id !== over.webhookId) return false;
    await handle.signal(ATTEMPT_OVER, over);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
