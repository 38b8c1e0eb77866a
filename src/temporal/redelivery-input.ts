/** What the workflow is started with of a delivery that its job has made, once somebody asks for it again. */
import type { Client } from '@temporalio/client';
import type { DeliverWebhookInput } from '../domain/delivery-input';
import { parseSettings } from '../domain/settings';
import { isGone } from './gone';
import { findSent } from './sent-webhooks';
import { readStart } from './started-job';
import type { Taken } from './taken-deliveries';

/**
 * By the job's run: its history holds the bytes that were sent, and its arguments what goes for its deliveries.
 *
 * @returns undefined where Temporal has forgotten the attempt
 */
export async function redeliveryInput(
  client: Client,
  { runId, taskQueue, record }: Taken,
): Promise<DeliverWebhookInput | undefined> {
  const { id, jobId, kind, sequence } = record;
  const found = await Promise.all([
    findSent(client, { workflowId: jobId, runId }, id),
    readStart(client, { workflowId: jobId, runId }),
  ]).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  const [sent, start] = found ?? [];
  if (sent === undefined || start === undefined) return undefined;
  const { args, firstRunId } = start;
  const settings = parseSettings(args[1]);
  return {
    jobId,
    firstRunId,
    kind,
    url: sent.url,
    earlier: [],
    event: { webhookId: id, sequence, body: sent.body },
    hasPredecessor: false,
    taskQueue: settings.webhookTaskQueue ?? `${taskQueue}-webhooks`,
    progressTimeoutMs: settings.progressTimeoutMs,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    retryScheduleMs: settings.retryScheduleMs,
    retentionMs: settings.deliveryRetentionMs,
    hasMemo: true,
    record,
  };
}
