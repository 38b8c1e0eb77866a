/** The attempts to send webhooks that the history of a run tells of, whatever its workflow has made of them. */
import type { Client } from '@temporalio/client';
import { optionalTsToMs, tsToMs } from '@temporalio/common/lib/time';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { SentOutcome, WebhookRequest } from '../domain/delivery';
import type { Limited } from '../domain/limited';

/** One activity `sendWebhook`. */
export interface SentWebhook {
  readonly request: WebhookRequest;
  /** When it was asked for, in epoch milliseconds. */
  readonly askedAt: number;
  /** How long it may last once a worker has taken it, in milliseconds. */
  readonly longestMs: number;
  /** Whether the server knows that it is over. */
  readonly isOver: boolean;
  /** Absent where it is not over, or its worker was lost. */
  readonly answer?: SentOutcome | Limited;
}

const SEND_WEBHOOK = 'sendWebhook';

/** The latest first, as that is what is looked for: all before it may be tens of thousands of events. */
export async function* sentWebhooks(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
): AsyncGenerator<SentWebhook> {
  const { loadedDataConverter: converter, namespace } = client.options;
  const decode = decodeArrayFromPayloads.bind(undefined, converter);
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
      const over =
        completed ?? event.activityTaskTimedOutEventAttributes ?? event.activityTaskFailedEventAttributes ?? undefined;
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
        ...(answer !== undefined && { answer }),
      };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}
