/** Hands a job's terminal events over to workflows that outlive it (DESIGN.md, «Deliveries»). */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { MAX_RESULT_BYTES, toWebhookText } from '../src/domain/big-results';
import { firstMemo, type DeliverWebhookInput, type OutgoingEvent } from '../src/domain/delivery-input';
import { toHkubeProgress, toHkubeResultText } from '../src/domain/dialect';
import type { ResultBody } from '../src/domain/events';
import type { Job } from '../src/domain/job';
import { isSameUrl } from '../src/domain/url';
import type { JobSettings } from '../src/domain/settings';
import type { UntoldJob, Webhooks } from '../src/domain/untold';
import { deliverWebhook } from './deliver-webhook';
import { DELIVERY } from './messages';
import type { ProgressSender } from './progress-sender';
import { PIPELINE_STATUS, WEBHOOK_ID, WEBHOOK_STATE, WEBHOOK_URL } from './search-attributes';
import { webhookId } from './webhook-id';

/** Temporal's visibility stores keep at most 255 characters of a keyword. */
const MAX_KEYWORD = 255;

type Settings = JobSettings & { readonly webhookTaskQueue: string };
type DeliverySettings = Omit<Settings, 'homes'>;

/** @returns once they have started; the result's at once, the progress event's after the attempt in flight is over */
export async function startDeliveries(job: Job, sender: ProgressSender, settings: Settings): Promise<void> {
  const { progress, result } = job.pipeline.webhooks ?? {};
  const shared = isShared(job.pipeline.webhooks);
  if (result === undefined || shared) {
    const progressEvents = progress === undefined ? [] : await sender.takeRest();
    // The result's delivery is there first, so that the progress event's finds it when it ends.
    if (result !== undefined) {
      await startResult(endedJob(job, settings), result, job.outbox.sequence + 1, progressEvents.length > 0);
    }
    if (progress !== undefined) {
      await startProgress(endedJob(job, settings), progress, progressEvents, { shared, gone: sender.isGone });
    }
    return;
  }
  await Promise.all([
    startResult(endedJob(job, settings), result, 1, false),
    progress === undefined
      ? undefined
      : sender
          .takeRest()
          .then((events) =>
            startProgress(endedJob(job, settings), progress, events, { shared: false, gone: sender.isGone }),
          ),
  ]);
}

/** What a job that was ended from outside could not start; nothing where it is there. */
export async function startUntoldResult(job: UntoldJob): Promise<void> {
  const { result } = job.webhooks;
  const { progress: before, result: sequence } = job.sequences;
  if (result === undefined || sequence === undefined) return;
  const waits = isShared(job.webhooks) && before !== undefined;
  await startResult({ ...job, results: job.record.results, submittedAt: submissionOf(job) }, result, sequence, waits);
}

/** The same of its terminal progress event. */
export async function startUntoldProgress(job: UntoldJob): Promise<void> {
  const { progress } = job.webhooks;
  const { progress: sequence } = job.sequences;
  if (progress === undefined || sequence === undefined) return;
  const { status } = job.record;
  const isHkubes = job.settings.dialect === 'hkube';
  const body = JSON.stringify(isHkubes ? toHkubeProgress(status, submissionOf(job)) : status);
  const event = { webhookId: webhookId('progress', 'end', job.firstRunId), sequence, body };
  await startProgress({ ...job, results: job.record.results, submittedAt: submissionOf(job) }, progress, [event], {
    shared: isShared(job.webhooks),
    gone: job.gone,
  });
}

/** An earlier version's reconciler did not tell, and knew no dialect that asks for it. */
function submissionOf({ submittedAt = 0 }: UntoldJob): number {
  return submittedAt;
}

function isShared({ progress, result }: Webhooks = {}): boolean {
  return progress !== undefined && result !== undefined && isSameUrl(progress, result);
}

/** A job that has ended, as far as its deliveries must know it. */
interface EndedJob {
  readonly jobId: string;
  readonly firstRunId: string;
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  readonly results: ResultBody;
  /** Of the result webhook, where it was made already. */
  readonly resultText?: string;
  readonly settings: DeliverySettings;
  /** Whether it has our search attributes: one that the namespace lacks would hold a workflow's task up for ever. */
  readonly searchable: boolean;
  /** Whether deliveries of that id may have closed before: those of an earlier job. */
  readonly reusesId: boolean;
}

function endedJob(job: Job, settings: Settings): EndedJob {
  const { firstExecutionRunId, typedSearchAttributes } = workflowInfo();
  if (job.record === undefined) throw new Error('the job has not ended');
  return {
    jobId: job.jobId,
    firstRunId: firstExecutionRunId,
    submittedAt: job.submittedAt,
    results: job.record.results,
    ...(job.resultText !== undefined && { resultText: job.resultText }),
    settings,
    searchable: typedSearchAttributes.get(PIPELINE_STATUS) !== undefined,
    reusesId: true,
  };
}

/** @param hasPredecessor whether a progress event is to go to the same URL before it */
async function startResult(job: EndedJob, url: string, sequence: number, hasPredecessor: boolean): Promise<void> {
  const event = {
    webhookId: webhookId('result', 'end', job.firstRunId),
    sequence,
    body: resultTextOf(job),
  };
  await start(job, {
    ...deliverySettings(job.settings),
    jobId: job.jobId,
    kind: 'result',
    url,
    earlier: [],
    event,
    hasPredecessor,
  });
}

function resultTextOf({ results, resultText, settings, submittedAt }: EndedJob): string {
  const text = resultText ?? toWebhookText(results, settings);
  if (settings.dialect !== 'hkube') return text;
  // Within JSON each quotation mark of the text is two bytes.
  return toHkubeResultText(text, submittedAt, Math.min(settings.inlineLimit, MAX_RESULT_BYTES / 2));
}

async function startProgress(
  job: EndedJob,
  url: string,
  events: readonly OutgoingEvent[],
  { shared, gone }: { readonly shared: boolean; readonly gone: boolean },
): Promise<void> {
  if (events.length === 0) return;
  const terminalId = webhookId('progress', 'end', job.firstRunId);
  const event = events.find((candidate) => candidate.webhookId === terminalId);
  await start(job, {
    ...deliverySettings(job.settings),
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
  settings: DeliverySettings,
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

async function start({ jobId, searchable, reusesId }: EndedJob, input: DeliverWebhookInput): Promise<void> {
  const { event } = input;
  try {
    await startChild(deliverWebhook, {
      workflowId: `${jobId}/${input.kind}`,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: reusesId ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
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
    // Its events are on their way: the job was reset after it had ended once, or another look has told of it.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
