/** Attempts of a delivery that was ended from outside while it made one: its memo does not tell of them (contract §7). */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Attempt } from '../domain/delivery';
import type { DeliverWebhookInput } from '../domain/delivery-input';
import { logAttempt, toAttempt, type DeliveryRecord } from '../domain/delivery-record';
import { outcomeOf, sentWebhooks } from './sent-webhooks';
import { readStart } from './started-job';

/** @returns the record with them; one that nobody has told of is lost */
export async function addUnrecorded(
  client: Client,
  { workflowId, runId, startTime, closeTime = startTime }: WorkflowExecutionDescription,
  record: DeliveryRecord,
): Promise<DeliveryRecord> {
  const known = record.attempts.at(-1)?.attempt ?? 0;
  // Whoever goes on with one that has closed was asked to, and so was one that is dead.
  const isAsked = record.state === 'dead' || Date.parse(record.createdAt) < startTime.getTime();
  const trigger: Attempt['trigger'] = isAsked ? 'manual' : 'auto';
  const found: Attempt[] = [];
  const closedAt = closeTime.getTime();
  for await (const sent of sentWebhooks(client, { workflowId, runId })) {
    const { request } = sent;
    // What the job left behind is sent by the same workflow.
    if (request.webhookId !== record.id) continue;
    if (request.attempt <= known) break;
    const outcome = outcomeOf(sent, closedAt);
    if (outcome !== undefined) found.unshift(toAttempt(request.attempt, trigger, outcome));
  }
  // Its job has begun the first, and nothing is told of that.
  if (known === 0 && found[0]?.attempt !== 1 && (await isInFlight(client, { workflowId, runId }))) {
    const lost = {
      startedAt: record.createdAt,
      durationMs: Math.max(0, closedAt - startTime.getTime()),
      error: 'lost',
    } as const;
    found.unshift(toAttempt(1, 'auto', lost));
  }
  return { ...record, attempts: found.reduce(logAttempt, record.attempts) };
}

/** Whether it was started while its job's attempt was being made. */
async function isInFlight(client: Client, execution: { workflowId: string; runId: string }): Promise<boolean> {
  const { args } = await readStart(client, execution);
  return (args[0] as DeliverWebhookInput | undefined)?.inFlightUntil !== undefined;
}
