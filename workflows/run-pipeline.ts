/**
 * One job. A thin shell around `src/domain`: it feeds events in, and carries out what follows from them. The workflow id
 * is the job id.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  proxyActivities,
  proxyLocalActivities,
  rootCause,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { BLOCKS_YIELD } from '../src/domain/block';
import { describeJob } from '../src/domain/details';
import { PipelineError } from '../src/domain/errors';
import { utf8Length } from '../src/domain/json';
import type { JobRecord } from '../src/domain/job-record';
import { createJob, isEnded, type Job } from '../src/domain/job';
import type { Pipeline } from '../src/domain/pipeline';
import { homeOf } from '../src/domain/homes';
import type { FindWorkers } from '../src/domain/service';
import { reduce, type JobEvent, type WriteResult } from '../src/domain/schedule';
import { restoreJob, takeSnapshot, type JobSnapshot } from '../src/domain/snapshot';
import { MAX_ERROR, toText } from '../src/domain/text';
import { parseSettings, type JobSettings } from '../src/domain/settings';
import { parsePipeline } from '../src/domain/validate';
import { Blocks } from './blocks';
import { Clock } from './clock';
import { handleMessages } from './control';
import { startDeliveries } from './deliveries';
import { ProgressSender, type SenderState } from './progress-sender';
import { PIPELINE_STATUS } from './search-attributes';

/** What a run of a job's workflow hands to the next, once its history has grown long. */
export interface Continuation {
  readonly job: JobSnapshot;
  readonly sender: SenderState;
}

/** What fits into the arguments of the next run, as Temporal refuses a payload over 2 MiB. */
const MAX_STATE_BYTES = 1_900_000;

/** Asked by the worker that runs the job, as nobody else may be there. */
const { findWorkers } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 1 },
});

/** Reads blobs and changes nothing, so the server may try it again: for about five minutes. */
const { writeResult } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 30, maximumInterval: '10s' },
});

/**
 * Runs a pipeline to its end.
 *
 * @returns both bodies of a job that completed or was stopped
 * @throws ApplicationFailure of type `InvalidPipeline`; or, with both bodies as its details, of type `AlgorithmFailed` or
 * `EngineFailed`
 */
export async function runPipeline(
  document: Pipeline,
  overrides: Partial<JobSettings> = {},
  earlier?: Continuation,
): Promise<JobRecord> {
  const { workflowId, startTime, taskQueue } = workflowInfo();
  const { pipeline, plans, settings } = parseOrFail(document, overrides, taskQueue);
  const submittedAt = earlier?.job.submittedAt ?? startTime.getTime();
  const job =
    earlier === undefined
      ? createJob(workflowId, pipeline, plans, settings, submittedAt)
      : restoreJob(workflowId, pipeline, plans, settings, earlier.job);
  let hasWideBlocks: boolean | undefined;
  job.hasWideBlocks = () => (hasWideBlocks ??= patched('wide-blocks'));
  const blocks = new Blocks(settings.homes, (event) => {
    if (!isEnded(job)) apply(event);
  });
  // A new run of a job has the memo of its first start again; no block is in flight then.
  let mayYield = workflowInfo().memo?.[BLOCKS_YIELD] === true;
  const sender = new ProgressSender(job, settings, earlier?.sender);
  const clock = new Clock(job, () => {
    apply({ type: 'tick' });
  });
  let shownStatus = job.status;

  void CancellationScope.current().cancelRequested.catch(() => {
    apply({ type: 'stop', reason: 'canceled from Temporal' });
  });

  await CancellationScope.nonCancellable(async () => {
    apply({ type: earlier === undefined ? 'started' : 'continued' });
    // Only now: a message that came with the start is about a job that has started.
    handleMessages(job, apply);
    void clock.run();
    void sender.run();
    await condition(() => isEnded(job) || workflowInfo().continueAsNewSuggested);
    if (!isEnded(job)) await drain();
    if (!isEnded(job)) await continueRun();
    await condition(() => isEnded(job) || isHistoryFull());
    if (!isEnded(job)) apply({ type: 'engineFailed', error: 'the history of the job has become too long' });
    clock.stop();
    cancelBlocks(false);
    await startDeliveries(job, sender, settings);
    await letBlocksEnd();
  });
  return finish(job);

  /** Lets the blocks in flight end; the job may end with them. */
  async function drain(): Promise<void> {
    apply({ type: 'drain' });
    await condition(() => isEnded(job) || job.blocks.size === 0);
  }

  /**
   * An end that meets the news of a block on its way in fails its task: what that task had taken, such as a stop, is lost,
   * and with many short items each next one fails too.
   */
  async function letBlocksEnd(): Promise<void> {
    if (blocks.inFlight === 0 || !patched('blocks-end-first')) return;
    await condition(() => blocks.inFlight === 0, settings.progressTimeoutMs);
  }

  async function continueRun(): Promise<void> {
    const left = await sender.rest();
    await condition(allHandlersFinished);
    // A message may have ended it meanwhile.
    if (isEnded(job)) return;
    const next = { job: takeSnapshot(job), sender: left };
    const bytes = utf8Length(JSON.stringify([document, overrides, next]));
    if (bytes <= MAX_STATE_BYTES) await continueAsNew<typeof runPipeline>(document, overrides, next);
    // It can go on here until its history is full.
    void sender.wake();
    apply({ type: 'continued' });
  }

  function apply(event: JobEvent): void {
    const commands = reduce(job, event, Date.now());
    for (const command of commands) {
      if (command.kind === 'runBlock') blocks.run(command);
      else if (command.kind === 'findWorkers') void lookAndApply(command);
      else void writeAndApply(command);
    }
    if (job.status === 'paused' && shownStatus !== 'paused') cancelBlocks(true);
    setCurrentDetails(describeJob(job));
    if (job.status !== shownStatus) showStatus();
  }

  /** @param yielding whether they finish the items in hand, or drop them */
  function cancelBlocks(yielding: boolean): void {
    if (yielding !== mayYield) upsertMemo({ [BLOCKS_YIELD]: yielding });
    mayYield = yielding;
    if (yielding) blocks.pause();
    else blocks.stop();
  }

  function showStatus(): void {
    shownStatus = job.status;
    if (workflowInfo().typedSearchAttributes.get(PIPELINE_STATUS) === undefined) return;
    upsertSearchAttributes([{ key: PIPELINE_STATUS, value: job.status }]);
  }

  async function writeAndApply({ draft }: WriteResult): Promise<void> {
    try {
      apply({ type: 'resultWritten', result: await writeResult(draft) });
    } catch (error) {
      apply({
        type: 'engineFailed',
        error: `the result can not be written down: ${rootCause(error) ?? 'unknown failure'}`,
      });
    }
  }

  async function lookAndApply({ algorithmName }: FindWorkers): Promise<void> {
    const home = homeOf(settings.homes, algorithmName);
    const where = {
      taskQueue: home === undefined || home.kind === 'http' ? taskQueue : home.taskQueue,
      activityType: home?.kind === 'activity' ? home.type : RUN_BLOCK,
    };
    const seen = await findWorkers({ jobId: workflowId, ...where }).catch(() => undefined);
    apply({ type: 'workersSeen', algorithmName, ...(seen && { seen }) });
  }
}

const RUN_BLOCK: keyof Activities = 'runBlock';

/** A little before the server would end the workflow without a word to anybody. */
function isHistoryFull(): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength > 45_000 || historySize > 42_000_000;
}

function parseOrFail(
  document: unknown,
  overrides: unknown,
  taskQueue: string,
): ReturnType<typeof parsePipeline> & { readonly settings: JobSettings & { readonly webhookTaskQueue: string } } {
  try {
    const given = parseSettings(overrides);
    const settings = { ...given, webhookTaskQueue: given.webhookTaskQueue ?? `${taskQueue}-webhooks` };
    return { ...parsePipeline(document, settings), settings };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    throw ApplicationFailure.create({
      message: toText(error.message, MAX_ERROR),
      type: error.code,
      nonRetryable: true,
      details: [error.details ?? []],
    });
  }
}

function finish(job: Job): JobRecord {
  if (job.record === undefined) throw new Error('the job has not ended');
  const { record } = job;
  if (record.results.status !== 'failed') return record;
  throw ApplicationFailure.create({
    message: record.results.error ?? 'failed',
    type: record.status.level === 'critical' ? 'EngineFailed' : 'AlgorithmFailed',
    nonRetryable: true,
    details: [record],
  });
}
