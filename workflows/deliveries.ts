/** Hands a job's terminal events over to workflows that outlive it (DESIGN.md, «Deliveries»). */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { toWebhookText } from '../src/domain/big-results';
import type { Job } from '../src/domain/job';
import { isSameUrl } from '../src/domain/url';
import type { JobSettings } from '../src/domain/settings';
import { firstMemo, type DeliverWebhookInput, type OutgoingEvent } from '../src/domain/delivery-input';
import { deliverWebhook } from './deliver-webhook';
import { DELIVERY } from './messages';
import type { ProgressSender } from './progress-sender';
import { PIPELINE_STATUS, WEBHOOK_ID, WEBHOOK_STATE, WEBHOOK_URL } from './search-attributes';
import { webhookId } from './webhook-id';

/** Temporal's visibility stores keep at most 255 characters of a keyword. */
const MAX_KEYWORD = 255;

type Settings = JobSettings & { readonly webhookTaskQueue: string };

/** @returns once they have started; the result's at once, the progress event's after the attempt in flight is over */
export async function startDeliveries(job: Job, sender: ProgressSender, settings: Settings): Promise<void> {
  const { progress, result } = job.pipeline.webhooks ?? {};
  const shared = progress !== undefined && result !== undefined && isSameUrl(progress, result);
  if (result === undefined || shared) {
    const progressEvents = progress === undefined ? [] : await sender.takeRest();
    // The result's delivery is there first, so that the progress event's finds it when it ends.
    if (result !== undefined) await startResult(job, result, settings, progressEvents);
    if (progress !== undefined)
      await startProgress(job, progress, settings, progressEvents, { shared, gone: sender.isGone });
    return;
  }
  await Promise.all([
    startResult(job, result, settings, []),
    progress === undefined
      ? undefined
      : sender
          .takeRest()
          .then((events) => startProgress(job, progress, settings, events, { shared: false, gone: sender.isGone })),
  ]);
}

/** @param before the progress events that go to the same URL and are not sent yet */
async function startResult(job: Job, url: string, settings: Settings, before: readonly OutgoingEvent[]): Promise<void> {
  const shared = isSameUrl(url, job.pipeline.webhooks?.progress ?? '');
  if (job.record === undefined) throw new Error('the job has not ended');
  const event = {
    webhookId: webhookId('result', 'end'),
    sequence: shared ? job.outbox.sequence + 1 : 1,
    body: toWebhookText(job.record.results, settings),
  };
  await start(`${job.jobId}/result`, {
    ...deliverySettings(settings),
    jobId: job.jobId,
    kind: 'result',
    url,
    earlier: [],
    event,
    hasPredecessor: before.length > 0,
  });
}

async function startProgress(
  job: Job,
  url: string,
  settings: Settings,
  events: readonly OutgoingEvent[],
  { shared, gone }: { readonly shared: boolean; readonly gone: boolean },
): Promise<void> {
  if (events.length === 0) return;
  const terminalId = webhookId('progress', 'end');
  const event = events.find((candidate) => candidate.webhookId === terminalId);
  await start(`${job.jobId}/progress`, {
    ...deliverySettings(settings),
    jobId: job.jobId,
    kind: 'progress',
    url,
    earlier: events.filter((candidate) => candidate !== event),
    ...(event !== undefined && { event }),
    ...(gone && { gone }),
    hasPredecessor: false,
    ...(shared && { successor: `${job.jobId}/result` }),
  });
}

function deliverySettings(
  settings: Settings,
): Pick<
  DeliverWebhookInput,
  'taskQueue' | 'progressTimeoutMs' | 'attemptTimeoutMs' | 'retryScheduleMs' | 'retentionMs' | 'hasMemo'
> {
  return {
    taskQueue: settings.webhookTaskQueue,
    progressTimeoutMs: settings.progressTimeoutMs,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    retryScheduleMs: settings.retryScheduleMs,
    retentionMs: settings.deliveryRetentionMs,
    hasMemo: true,
  };
}

async function start(workflowId: string, input: DeliverWebhookInput): Promise<void> {
  // Only where the job itself has them: an attribute that the namespace lacks would hold the job's last task up for ever.
  const searchable = workflowInfo().typedSearchAttributes.get(PIPELINE_STATUS) !== undefined;
  const { event } = input;
  try {
    await startChild(deliverWebhook, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${input.kind} webhook`,
      ...(event !== undefined && { memo: { [DELIVERY]: firstMemo(input) } }),
      // Without a must-deliver event there is nothing that someone could look for.
      ...(searchable &&
        event !== undefined && {
          typedSearchAttributes: [
            { key: WEBHOOK_ID, value: event.webhookId },
            { key: WEBHOOK_URL, value: input.url.slice(0, MAX_KEYWORD) },
            { key: WEBHOOK_STATE, value: 'pending' },
          ],
        }),
    });
  } catch (error) {
    // The job was reset after it had ended once: its events are on their way.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
