/** The attempts to send webhooks that the history of a run tells of, whatever its workflow has made of them. */
import type { Client } from '@temporalio/client';
import { optionalTsToMs, tsToMs } from '@temporalio/common/lib/time';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { SentOutcome, WebhookRequest } from '../domain/delivery';
import { formatTimestamp } from '../domain/events';
import { isLimited, type Limited } from '../domain/limited';

/** One activity `sendWebhook`. */
export interface SentWebhook {
  readonly request: WebhookRequest;
  /** When it was asked for, in epoch milliseconds. */
  readonly askedAt: number;
  /** How long it may last once a worker has taken it, in milliseconds. */
  readonly longestMs: number;
  /** Whether the server knows that it is over. */
  readonly isOver: boolean;
  /** Whether it was taken back before a worker had begun it. */
  readonly isWithdrawn: boolean;
  /** Absent where it is not over, or its worker was lost. */
  readonly answer?: SentOutcome | Limited;
}

/** An event that was sent. */
type SentEvent = Pick<WebhookRequest, 'url' | 'kind' | 'sequence' | 'body'>;

const SEND_WEBHOOK = 'sendWebhook';

/** The latest first, as that is what is looked for: all before it may be tens of thousands of events. */
export async function* sentWebhooks(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
): AsyncGenerator<SentWebhook> {
  const { loadedDataConverter: converter, namespace } = client.options;
  const decode = decodeArrayFromPayloads.bind(undefined, converter);
  const withdrawn = new Set<string>();
  const ends = new Map<string, () => Promise<unknown[]>>();
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution,
      nextPageToken,
    });
    for (const event of page.history?.events ?? []) {
      const { activityTaskCompletedEventAttributes: completed, activityTaskScheduledEventAttributes: scheduled } =
        event;
      const canceled = event.activityTaskCanceledEventAttributes ?? undefined;
      const timedOut = event.activityTaskTimedOutEventAttributes ?? undefined;
      const over = completed ?? timedOut ?? event.activityTaskFailedEventAttributes ?? canceled;
      if (canceled !== undefined) withdrawn.add(String(canceled.scheduledEventId));
      if (over !== undefined) ends.set(String(over.scheduledEventId), () => decode(completed?.result?.payloads));
      if (scheduled?.activityType?.name !== SEND_WEBHOOK) continue;
      const [request] = (await decode(scheduled.input?.payloads)) as [WebhookRequest];
      const end = ends.get(String(event.eventId));
      const [answer] = ((await end?.()) ?? []) as [SentOutcome | Limited | undefined];
      yield {
        request,
        askedAt: tsToMs(event.eventTime),
        longestMs: optionalTsToMs(scheduled.startToCloseTimeout) ?? 0,
        isOver: end !== undefined,
        isWithdrawn: withdrawn.has(String(event.eventId)),
        ...(answer !== undefined && { answer }),
      };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}

/** @returns the event of that `webhook-id`; undefined where the run has asked for no attempt of it */
export async function findSent(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  id: string,
): Promise<SentEvent | undefined> {
  for await (const { request } of sentWebhooks(client, execution)) {
    if (request.webhookId === id) return request;
    const follower = request.followers?.find(({ webhookId }) => webhookId === id);
    if (follower !== undefined) return { url: request.url, kind: request.kind, ...follower };
  }
  return undefined;
}

/**
 * What came of the request itself.
 *
 * @param closedAt when its run was over, in epoch milliseconds
 * @returns `lost` where nobody has told of it; undefined where none was made
 */
export function outcomeOf({ askedAt, isWithdrawn, answer }: SentWebhook, closedAt: number): SentOutcome | undefined {
  if (isWithdrawn || (answer !== undefined && isLimited(answer))) return undefined;
  if (answer !== undefined) return answer;
  return { startedAt: formatTimestamp(askedAt), durationMs: Math.max(0, closedAt - askedAt), error: 'lost' };
}
