/** Hands a job's terminal events over to workflows that outlive it (DESIGN.md, «Deliveries»). */
import { patched, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { MAX_RESULT_BYTES, toWebhookText } from '../src/domain/big-results';
import { deliveryId, type DeliverWebhookInput, type OutgoingEvent } from '../src/domain/delivery-input';
import { toHkubeProgress, toHkubeResultText } from '../src/domain/dialect';
import type { ResultBody } from '../src/domain/events';
import type { Job } from '../src/domain/job';
import { isSameUrl } from '../src/domain/url';
import { attemptsItsEnd, type JobSettings } from '../src/domain/settings';
import type { OwnAttempt, UntoldJob, Webhooks } from '../src/domain/untold';
import { FirstAttempts } from './first-attempts';
import type { Leftovers, ProgressSender } from './progress-sender';
import { PIPELINE_STATUS } from './search-attributes';
import { startDelivery, type DeliveryOwner } from './start-delivery';
import { webhookId } from './webhook-id';

/** Local, as a worker whose every slot is held by an algorithm for hours still has some for it. */
const { hasSearchAttributes } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 2 },
});

type Settings = JobSettings & { readonly webhookTaskQueue: string };
type DeliverySettings = Omit<Settings, 'homes'>;

/**
 * @returns once they have started, those that were not taken at the job's own attempt; the result's at once, the progress
 * event's after the attempt in flight is over
 */
export async function startDeliveries(job: Job, sender: ProgressSender, settings: Settings): Promise<void> {
  const { progress, result } = job.pipeline.webhooks ?? {};
  if (progress === undefined && result === undefined) return;
  // Nothing is waited for where nothing is asked: that is the order of earlier histories.
  const searchable = isSearched() || (patched('searchable-deliveries') && (await canBeSearched()));
  const ended = endedJob(job, settings, searchable);
  if (result === undefined || isShared(job.pipeline.webhooks)) await startInOrder(job, sender, ended);
  else {
    await Promise.all([
      startResult(ended, result, { sequence: 1, hasPredecessor: false }),
      progress === undefined
        ? undefined
        : sender.takeRest().then((left) => startProgress(ended, progress, { ...left, gone: sender.isGone })),
    ]);
  }
  ended.first?.tell();
}

/** Of webhooks to one URL, or of progress alone. */
async function startInOrder(job: Job, sender: ProgressSender, ended: EndedJob): Promise<void> {
  const { progress, result } = job.pipeline.webhooks ?? {};
  const left: Leftovers = progress === undefined ? { events: [] } : await sender.takeRest();
  // The result's delivery is there first, so that the progress event's finds it when it ends.
  const successor =
    result === undefined
      ? undefined
      : await startResult(ended, result, {
          sequence: job.outbox.sequence + 1,
          hasPredecessor: left.events.length > 0,
          ...(left.quietUntil !== undefined && { quietUntil: left.quietUntil }),
        });
  if (progress !== undefined) {
    await startProgress(ended, progress, {
      ...left,
      gone: sender.isGone,
      ...(successor !== undefined && { successor }),
    });
  }
}

/**
 * What a job that was ended from outside could not start; nothing where it is there.
 *
 * @returns the workflow of the result's delivery, if there is one
 */
export async function startUntoldResult(job: UntoldJob): Promise<string | undefined> {
  const { result } = job.webhooks;
  const { progress: before, result: sequence } = job.sequences;
  if (result === undefined || sequence === undefined) return job.resultDelivery;
  const hasPredecessor = isShared(job.webhooks) && before !== undefined;
  return await startResult(outsideJob(job), result, { sequence, hasPredecessor }, job.attempts?.result);
}

/**
 * The same of its terminal progress event.
 *
 * @param resultDelivery what {@link startUntoldResult} has answered
 */
export async function startUntoldProgress(job: UntoldJob, resultDelivery: string | undefined): Promise<void> {
  const { progress } = job.webhooks;
  const { progress: sequence } = job.sequences;
  if (progress === undefined || sequence === undefined) return;
  const { status } = job.record;
  const isHkubes = job.settings.dialect === 'hkube';
  const begun = job.attempts?.progress;
  const body = begun?.body ?? JSON.stringify(isHkubes ? toHkubeProgress(status, submissionOf(job)) : status);
  const event = { webhookId: webhookId('progress', 'end', job.firstRunId), sequence, body };
  await startProgress(outsideJob(job), progress, {
    events: [event],
    gone: job.gone,
    ...goingOn(begun),
    ...(isShared(job.webhooks) && { successor: resultDelivery ?? deliveryId(job.jobId, 'result') }),
  });
}

/** With an attempt that the job had begun itself. */
function goingOn(begun: OwnAttempt | undefined): Pick<DeliverWebhookInput, 'made' | 'inFlightUntil'> {
  if (begun?.outcome !== undefined) return { made: begun.outcome };
  return begun?.inFlightUntil === undefined ? {} : { inFlightUntil: begun.inFlightUntil };
}

function outsideJob(job: UntoldJob): EndedJob {
  return { ...job, results: job.record.results, submittedAt: submissionOf(job) };
}

/** An earlier version's reconciler did not tell, and knew no dialect that asks for it. */
function submissionOf({ submittedAt = 0 }: UntoldJob): number {
  return submittedAt;
}

function isShared({ progress, result }: Webhooks = {}): boolean {
  return progress !== undefined && result !== undefined && isSameUrl(progress, result);
}

/** A job that has ended, as far as its deliveries must know it. */
interface EndedJob extends DeliveryOwner {
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  readonly results: ResultBody;
  /** Of the result webhook, where it was made already. */
  readonly resultText?: string;
  readonly settings: DeliverySettings;
  /** Makes the first attempt of each. Default: that is left to the deliveries. */
  readonly first?: FirstAttempts;
}

/** Whether the job itself has our search attributes. */
function isSearched(): boolean {
  return workflowInfo().typedSearchAttributes.get(PIPELINE_STATUS) !== undefined;
}

/** One that was started straight on Temporal has none, though the namespace may know them; not everybody may ask. */
async function canBeSearched(): Promise<boolean> {
  return await hasSearchAttributes().catch(() => false);
}

function endedJob(job: Job, settings: Settings, searchable: boolean): EndedJob {
  if (job.record === undefined) throw new Error('the job has not ended');
  const { firstExecutionRunId, originalExecutionRunId, runId } = workflowInfo();
  // What it has delivered itself is found by its attributes alone. On one URL the result would be written down nowhere when
  // progress tells of the end.
  const attemptsItself = attemptsItsEnd(settings) && isSearched() && !isShared(job.pipeline.webhooks);
  // Not where it was reset to a point behind its attempts, which are made then.
  const wasReset = attemptsItself && runId !== originalExecutionRunId && patched('reset-before-its-end');
  return {
    jobId: job.jobId,
    firstRunId: firstExecutionRunId,
    submittedAt: job.submittedAt,
    results: job.record.results,
    ...(job.resultText !== undefined && { resultText: job.resultText }),
    settings,
    searchable,
    reusesId: true,
    ...(wasReset && { wasReset }),
    ...(attemptsItself && !wasReset && { first: new FirstAttempts(settings.progressTimeoutMs) }),
  };
}

async function startResult(
  job: EndedJob,
  url: string,
  { sequence, ...rest }: Pick<DeliverWebhookInput, 'hasPredecessor' | 'quietUntil'> & Pick<OutgoingEvent, 'sequence'>,
  begun?: OwnAttempt,
): Promise<string | undefined> {
  const event = {
    webhookId: webhookId('result', 'end', job.firstRunId),
    sequence,
    body: begun?.body ?? resultTextOf(job),
  };
  return await begin(job, {
    ...deliverySettings(job.settings),
    jobId: job.jobId,
    firstRunId: job.firstRunId,
    kind: 'result',
    url,
    earlier: [],
    event,
    ...goingOn(begun),
    ...rest,
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
  {
    events,
    gone,
    ...rest
  }: Leftovers & { readonly gone: boolean } & Pick<DeliverWebhookInput, 'successor' | 'made' | 'inFlightUntil'>,
): Promise<void> {
  if (events.length === 0) return;
  const terminalId = webhookId('progress', 'end', job.firstRunId);
  const event = events.find((candidate) => candidate.webhookId === terminalId);
  await begin(job, {
    ...deliverySettings(job.settings),
    jobId: job.jobId,
    firstRunId: job.firstRunId,
    kind: 'progress',
    url,
    earlier: events.filter((candidate) => candidate !== event),
    ...(event !== undefined && { event }),
    ...(gone && { gone }),
    hasPredecessor: false,
    ...rest,
  });
}

/** @returns the workflow that has its events; undefined where the receiver has taken them already */
async function begin(job: EndedJob, input: DeliverWebhookInput): Promise<string | undefined> {
  const left = job.first === undefined ? input : await job.first.make(input);
  return left === undefined ? undefined : await startDelivery(job, left);
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
