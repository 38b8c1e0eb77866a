/** The first attempts of its terminal events that a job had begun when it was ended from outside, by its history. */
import type { Client } from '@temporalio/client';
import type { WebhookKind, WebhookRequest } from '../domain/delivery';
import { TERMINAL_STATUSES, type JobStatus } from '../domain/events';
import type { OwnAttempt, OwnAttempts } from '../domain/untold';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { outcomeOf, sentWebhooks } from './sent-webhooks';
import type { KnownRun } from './started-job';
import { terminalId } from './terminal-id';

/** @param firstRunId of the job's runs */
export async function readOwnAttempts(
  client: Client,
  { workflowId, runId, closeTime, typedSearchAttributes }: KnownRun,
  firstRunId: string,
): Promise<OwnAttempts> {
  // Only a job that has our attributes makes them, and shows its end before: most histories need not be looked through.
  const status = typedSearchAttributes.get(PIPELINE_STATUS) as JobStatus | undefined;
  if (status === undefined || !TERMINAL_STATUSES.includes(status)) return {};
  const closedAt = closeTime?.getTime() ?? 0;
  const attempts: Partial<Record<WebhookKind, OwnAttempt>> = {};
  for await (const sent of sentWebhooks(client, { workflowId, runId })) {
    const { request, isOver, longestMs } = sent;
    // All that it has sent while it ran was asked for before.
    if (!isTerminal(client, request, firstRunId)) break;
    const { kind, sequence, body } = request;
    const outcome = isOver ? outcomeOf(sent, closedAt) : undefined;
    attempts[kind] ??= {
      sequence,
      body,
      ...(outcome !== undefined && { outcome }),
      ...(!isOver && { inFlightUntil: closedAt + longestMs }),
    };
  }
  return attempts;
}

/** Whether it is what tells of the job's end. */
export function isTerminal(client: Client, { kind, webhookId }: WebhookRequest, firstRunId: string): boolean {
  return webhookId === terminalId(client, kind, firstRunId);
}
