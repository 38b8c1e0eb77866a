/** Attempts of a delivery that was ended from outside while it made one: its memo does not tell of them (contract §7). */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Attempt, SentOutcome } from '../domain/delivery';
import { logAttempt, type DeliveryRecord } from '../domain/delivery-record';
import { formatTimestamp } from '../domain/events';
import { isLimited } from '../domain/limited';
import { sentWebhooks } from './sent-webhooks';

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
  for await (const { request, askedAt, answer } of sentWebhooks(client, { workflowId, runId })) {
    // What the job left behind is sent by the same workflow.
    if (request.webhookId !== record.id) continue;
    if (request.attempt <= known) break;
    // It was no attempt.
    if (answer !== undefined && isLimited(answer)) continue;
    const lost: SentOutcome = {
      startedAt: formatTimestamp(askedAt),
      durationMs: Math.max(0, closeTime.getTime() - askedAt),
      error: 'lost',
    };
    const { retryAfterMs: _, followers: __, ...outcome } = answer ?? lost;
    found.unshift({ attempt: request.attempt, trigger, ...outcome });
  }
  return { ...record, attempts: found.reduce(logAttempt, record.attempts) };
}
