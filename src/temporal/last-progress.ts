/** How far the progress events of a job had come when it was ended from outside, by its history. */
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { SentOutcome, WebhookRequest } from '../domain/delivery';
import type { JobSnapshot } from '../domain/snapshot';

export interface LastProgress {
  /** The last number given to a progress event; 0 where none was sent. */
  readonly sequence: number;
  /** The receiver wants no more of it. */
  readonly gone: boolean;
  /** How long the last attempt may take, in milliseconds, where it was not over. */
  readonly pendingMs?: number;
}

/** What an earlier run has handed on: the third argument of `runPipeline`. */
interface Continuation {
  readonly job: Pick<JobSnapshot, 'outbox'>;
  readonly sender: { readonly gone: boolean };
}

/** The activity that makes an attempt, as histories name it. */
export const SEND_WEBHOOK = 'sendWebhook';

/** @param args of the run */
export async function readLastProgress(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  args: readonly unknown[],
): Promise<LastProgress> {
  const { loadedDataConverter: converter, namespace } = client.options;
  const decode = decodeArrayFromPayloads.bind(undefined, converter);
  const earlier = args[2] as Continuation | undefined;
  const known = earlier?.job.outbox.sequence ?? 0;
  const ended = new Map<string, () => Promise<unknown[]>>();
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    // Backwards, as the last attempt is what is looked for: all before it may be tens of thousands of events.
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
      if (over !== undefined) ended.set(String(over.scheduledEventId), () => decode(completed?.result?.payloads));
      if (scheduled?.activityType?.name !== SEND_WEBHOOK) continue;
      const [request] = (await decode(scheduled.input?.payloads)) as [WebhookRequest];
      const outcome = ended.get(String(event.eventId));
      // One that follows keeps its number, whether or not it was sent.
      const sequence = Math.max(known, request.followers?.at(-1)?.sequence ?? request.sequence);
      if (outcome === undefined) {
        const { seconds, nanos } = scheduled.startToCloseTimeout ?? {};
        return { sequence, gone: false, pendingMs: Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6 };
      }
      const [answer] = (await outcome()) as [SentOutcome | undefined];
      const last = answer?.followers?.at(-1) ?? answer;
      return { sequence, gone: last?.statusCode === 410 };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return { sequence: known, gone: earlier?.sender.gone ?? false };
}
