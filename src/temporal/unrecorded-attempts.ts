/** Attempts of a delivery that was ended from outside while it made one: its memo does not tell of them (contract §7). */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { Attempt, SentOutcome, WebhookRequest } from '../domain/delivery';
import { logAttempt, type DeliveryRecord } from '../domain/delivery-record';
import { formatTimestamp } from '../domain/events';
import { isLimited, type Limited } from '../domain/limited';
import { SEND_WEBHOOK } from './last-progress';

/** @returns the record with them; one that nobody has told of is lost */
export async function addUnrecorded(
  client: Client,
  { workflowId, runId, startTime, closeTime = startTime }: WorkflowExecutionDescription,
  record: DeliveryRecord,
): Promise<DeliveryRecord> {
  const { loadedDataConverter: converter, namespace } = client.options;
  const decode = decodeArrayFromPayloads.bind(undefined, converter);
  const known = record.attempts.at(-1)?.attempt ?? 0;
  // Whoever goes on with one that has closed was asked to, and so was one that is dead.
  const isAsked = record.state === 'dead' || Date.parse(record.createdAt) < startTime.getTime();
  const trigger: Attempt['trigger'] = isAsked ? 'manual' : 'auto';
  const told = new Map<string, Promise<unknown[]>>();
  const found: Attempt[] = [];
  // Of those that end a run the last events are enough: behind an attempt that is known there is none that is not.
  const execution = { workflowId, runId };
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({ namespace, execution });
  for (const event of history?.events ?? []) {
    const { activityTaskCompletedEventAttributes: completed, activityTaskScheduledEventAttributes: scheduled } = event;
    if (completed) told.set(String(completed.scheduledEventId), decode(completed.result?.payloads));
    if (scheduled?.activityType?.name !== SEND_WEBHOOK) continue;
    const [request] = (await decode(scheduled.input?.payloads)) as [WebhookRequest];
    if (request.webhookId !== record.id) continue;
    if (request.attempt <= known) break;
    const [answer] = ((await told.get(String(event.eventId))) ?? []) as [SentOutcome | Limited | undefined];
    // It was no attempt.
    if (answer !== undefined && isLimited(answer)) continue;
    const begunAt = tsToMs(event.eventTime);
    const lost: SentOutcome = {
      startedAt: formatTimestamp(begunAt),
      durationMs: Math.max(0, closeTime.getTime() - begunAt),
      error: 'lost',
    };
    const { retryAfterMs: _, followers: __, ...outcome } = answer ?? lost;
    found.unshift({ attempt: request.attempt, trigger, ...outcome });
  }
  return { ...record, attempts: found.reduce(logAttempt, record.attempts) };
}
