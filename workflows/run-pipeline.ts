/**
 * One job. A thin shell around `src/domain`: it feeds events in, and carries out what follows from them. The workflow id
 * is the job id.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  rootCause,
  setCurrentDetails,
  setHandler,
  sleep,
  TimeoutFailure,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { BLOCKS_YIELD, type BlockHeartbeat } from '../src/domain/block';
import { PipelineError } from '../src/domain/errors';
import { utf8Length } from '../src/domain/json';
import type { JobRecord, ProgressBody } from '../src/domain/events';
import { createJob, currentStatus, isEnded, type Job } from '../src/domain/job';
import { DEFAULTS, type Pipeline } from '../src/domain/pipeline';
import { formatDetails } from '../src/domain/progress';
import type { RunBlock } from '../src/domain/hand-out';
import { reduce, type JobEvent } from '../src/domain/schedule';
import { restoreJob, takeSnapshot, type JobSnapshot } from '../src/domain/snapshot';
import { DEFAULT_SETTINGS, type JobSettings } from '../src/domain/settings';
import { parsePipeline } from '../src/domain/validate';
import { startDeliveries } from './deliveries';
import {
  pauseSignal,
  pauseUpdate,
  resultsQuery,
  resumeSignal,
  resumeUpdate,
  statusQuery,
  stopSignal,
  stopUpdate,
} from './messages';
import { ProgressSender, type SenderState } from './progress-sender';
import { PIPELINE_STATUS } from './search-attributes';

/** What a run of a job's workflow hands to the next, once its history has grown long. */
export interface Continuation {
  readonly job: JobSnapshot;
  readonly sender: SenderState;
}

/** An item may work for as long as its job; a lost worker is noticed by its heartbeat. */
const BLOCK_TIMEOUT = '3650 days';
const HEARTBEAT_TIMEOUT = '10s';
/** What fits into the arguments of the next run: Temporal refuses a payload over 2 MiB. */
const MAX_STATE_BYTES = 1_900_000;

const { runBlock } = proxyActivities<Activities>({
  startToCloseTimeout: BLOCK_TIMEOUT,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 1 },
  // A paused job takes what its blocks have done by then.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
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
  const { pipeline, plans } = parseOrFail(document);
  const { workflowId, startTime, taskQueue } = workflowInfo();
  const settings = { ...DEFAULT_SETTINGS, webhookTaskQueue: `${taskQueue}-webhooks`, ...overrides };
  const submittedAt = earlier?.job.submittedAt ?? startTime.getTime();
  const job =
    earlier === undefined
      ? createJob(workflowId, pipeline, plans, settings, submittedAt)
      : restoreJob(workflowId, pipeline, plans, settings, earlier.job);
  const ttl = new CancellationScope();
  let blocks = new CancellationScope();
  // The memo of an earlier run goes on to this one.
  let mayYield = workflowInfo().memo?.[BLOCKS_YIELD] === true;
  const sender = new ProgressSender(job, settings, earlier?.sender);
  let shownStatus = job.status;

  void CancellationScope.current().cancelRequested.catch(() => {
    apply({ type: 'stop', reason: 'canceled from Temporal' });
  });

  await CancellationScope.nonCancellable(async () => {
    apply({ type: earlier === undefined ? 'started' : 'continued' });
    // Only now: a message that came with the start is about a job that has started.
    handleMessages(job, apply);
    void stopWhenExpired();
    void sender.run();
    await condition(() => isEnded(job) || workflowInfo().continueAsNewSuggested);
    if (!isEnded(job)) await drain();
    ttl.cancel();
    if (!isEnded(job)) await continueRun();
    cancelBlocks(false);
    await startDeliveries(job, sender, settings);
  });
  return finish(job);

  /** Lets the blocks in flight end; the job may end with them. */
  async function drain(): Promise<void> {
    apply({ type: 'drain' });
    await condition(() => isEnded(job) || job.blocks.size === 0);
  }

  async function continueRun(): Promise<void> {
    const left = await sender.rest();
    await condition(allHandlersFinished);
    // A message may have ended it meanwhile.
    if (isEnded(job)) return;
    const next = { job: takeSnapshot(job, submittedAt), sender: left };
    const bytes = utf8Length(JSON.stringify([document, overrides, next]));
    if (bytes <= MAX_STATE_BYTES) await continueAsNew<typeof runPipeline>(document, overrides, next);
    const error = `the job's state of ${String(bytes)} bytes is larger than ${String(MAX_STATE_BYTES)}`;
    apply({ type: 'engineFailed', error });
  }

  function apply(event: JobEvent): void {
    const commands = reduce(job, event, Date.now());
    for (const command of commands) void runAndApply(command);
    if (job.status === 'paused' && shownStatus !== 'paused') cancelBlocks(true);
    setCurrentDetails(describe(job));
    if (job.status !== shownStatus) showStatus();
  }

  /** @param yielding whether they finish the items in hand, or drop them */
  function cancelBlocks(yielding: boolean): void {
    if (yielding !== mayYield) upsertMemo({ [BLOCKS_YIELD]: yielding });
    mayYield = yielding;
    blocks.cancel();
    blocks = new CancellationScope();
  }

  function showStatus(): void {
    shownStatus = job.status;
    if (workflowInfo().typedSearchAttributes.get(PIPELINE_STATUS) === undefined) return;
    upsertSearchAttributes([{ key: PIPELINE_STATUS, value: job.status }]);
  }

  async function runAndApply({ blockId, input, summary }: RunBlock): Promise<void> {
    try {
      const outcome = await blocks.run(() => runBlock.executeWithOptions({ summary }, [input]));
      apply({ type: 'blockEnded', blockId, outcome });
    } catch (error) {
      if (isEnded(job)) return;
      // Canceled by a pause before a worker had taken it.
      const unbegun = isCancellation(error);
      apply(
        unbegun
          ? { type: 'blockEnded', blockId, outcome: NOTHING_BEGUN }
          : failureEvent(error, blockId, input.nodeName),
      );
    }
  }

  /** The job's ttl counts from its submission, pauses included. */
  async function stopWhenExpired(): Promise<void> {
    const seconds = pipeline.options?.ttl ?? DEFAULTS.ttl;
    if (seconds <= 0) return;
    try {
      const left = submittedAt + seconds * 1_000 - Date.now();
      await ttl.run(() => sleep(Math.max(1, left)));
      apply({ type: 'stop', reason: 'pipeline expired' });
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  }
}

const NOTHING_BEGUN = { outcomes: [], durationMs: 0 };

function parseOrFail(document: unknown): ReturnType<typeof parsePipeline> {
  try {
    return parsePipeline(document);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: true,
      details: [error.details ?? []],
    });
  }
}

/** What an activity that failed as a whole means: its worker was lost, or the worker can't serve it at all. */
function failureEvent(error: unknown, blockId: number, nodeName: string): JobEvent {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === 'AlgorithmNotFound') {
    return { type: 'engineFailed', error: cause.message, nodeName };
  }
  if (cause instanceof TimeoutFailure) {
    const heartbeat = cause.lastHeartbeatDetails as BlockHeartbeat | undefined;
    const message = 'the worker was lost while it ran this task';
    return { type: 'blockLost', blockId, error: message, ...(heartbeat != null && { heartbeat }) };
  }
  const heartbeat =
    cause instanceof ApplicationFailure && cause.type === 'BlockInterrupted'
      ? (cause.details?.[0] as BlockHeartbeat | undefined)
      : undefined;
  return {
    type: 'blockLost',
    blockId,
    error: rootCause(error) ?? 'unknown failure',
    ...(heartbeat != null && { heartbeat }),
  };
}

function handleMessages(job: Job, apply: (event: JobEvent) => void): void {
  const stop = (reason?: string): void => {
    apply({ type: 'stop', reason: typeof reason === 'string' && reason !== '' ? reason : 'stopped due to request' });
  };
  const pause = (): void => {
    apply({ type: 'pause' });
  };
  const resume = (): void => {
    apply({ type: 'resume' });
  };
  const answer = (act: () => void): ProgressBody => {
    act();
    return currentStatus(job);
  };
  setHandler(statusQuery, () => currentStatus(job));
  setHandler(resultsQuery, () => job.record?.results ?? null);
  setHandler(stopSignal, stop);
  setHandler(pauseSignal, pause);
  setHandler(resumeSignal, resume);
  setHandler<ProgressBody, [reason?: string], typeof stopUpdate>(
    stopUpdate,
    (reason) =>
      answer(() => {
        stop(reason);
      }),
    { validator: () => assertStatus(job, 'stop', !isEnded(job)) },
  );
  setHandler(pauseUpdate, () => answer(pause), {
    validator: () => assertStatus(job, 'pause', job.status === 'active'),
  });
  setHandler(resumeUpdate, () => answer(resume), {
    validator: () => assertStatus(job, 'resume', job.status === 'paused'),
  });
}

function assertStatus(job: Job, verb: string, allowed: boolean): void {
  if (allowed) return;
  throw ApplicationFailure.nonRetryable(
    `unable to ${verb} pipeline ${job.pipeline.name} because its in ${job.status} status`,
    'WrongState',
  );
}

/** The current details of Temporal Web: how far the job is, in words. */
function describe(job: Job): string {
  const nodes = job.nodes.map(({ plan, counts, phase, width }) => {
    const done = counts.succeed + counts.failed + counts.skipped;
    const failed = counts.failed > 0 ? `, ${String(counts.failed)} failed` : '';
    return phase === 'creating'
      ? `- ${plan.nodeName}: waits for ${plan.parents.join(', ')}`
      : `- ${plan.nodeName}: ${String(done)} of ${String(width)} done${failed}`;
  });
  const shown = nodes.length > 20 ? [...nodes.slice(0, 20), `- and ${String(nodes.length - 20)} nodes more`] : nodes;
  return [`**${job.status}**, ${formatDetails(job.counts)}`, '', ...shown].join('\n');
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
