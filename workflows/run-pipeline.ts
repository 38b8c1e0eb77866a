/**
 * One job. A thin shell around `src/domain`: it feeds events in, and carries out what follows from them. The workflow id
 * is the job id.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  makeContinueAsNewFunc,
  patched,
  proxyActivities,
  proxyLocalActivities,
  rootCause,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { BLOCKS_YIELD, REST_GIVEN_BACK, type RestGivenBack } from '../src/domain/block';
import { blocksOf, OWN_BLOCKS } from '../src/domain/batch-workflows';
import { describeJob } from '../src/domain/details';
import { utf8Length } from '../src/domain/json';
import type { JobRecord } from '../src/domain/job-record';
import { createJob, isEnded } from '../src/domain/job';
import type { Pipeline } from '../src/domain/pipeline';
import { homeOf } from '../src/domain/homes';
import type { KeepOutcomes } from '../src/domain/keep';
import type { FindWorkers } from '../src/domain/service';
import { nextWake, reduce, type Command, type JobEvent, type WriteResult } from '../src/domain/schedule';
import { restoreJob, takeSnapshot, type JobSnapshot } from '../src/domain/snapshot';
import { limitReached } from '../src/domain/places';
import { beginsAtOnce, takesAllTurns, type JobSettings } from '../src/domain/settings';
import { shortAlgorithms } from '../src/domain/short';
import { batchWorkflowId } from './batch-messages';
import { Batches } from './batches';
import { Blocks } from './blocks';
import { Clock } from './clock';
import { handleMessages } from './control';
import { startDeliveries } from './deliveries';
import { finish } from './finish';
import { isHistoryFull, isHistoryLong } from './history-room';
import { asItWasRead, parseJob } from './parse-job';
import { ProgressSender, type SenderState } from './progress-sender';
import { ShownStatus } from './shown-status';
import { startTriggers } from './triggers';
import { Turn } from './turn';
import { TurningClock } from './turning-clock';

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

/** What is written is the same each time, so the server may try it again: a store that is away is waited for. */
const { keepOutcomes } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumInterval: '30s' },
});

/**
 * Runs a pipeline to its end.
 *
 * @returns both bodies of a job that completed or was stopped
 * @throws ApplicationFailure of type `InvalidPipeline`; or, with both bodies as its details, of type `AlgorithmFailed` or
 * `EngineFailed`; of type `LimitReached` where it was started without a place that it can not do without
 */
export async function runPipeline(
  document: Pipeline,
  overrides: Partial<JobSettings> = {},
  earlier?: Continuation,
): Promise<JobRecord> {
  const { workflowId, startTime, taskQueue, taskTimeoutMs } = workflowInfo();
  const read = asItWasRead(document);
  const { pipeline, plans, settings } = parseJob(read, overrides, taskQueue);
  const submittedAt = earlier?.job.submittedAt ?? startTime.getTime();
  const job =
    earlier === undefined
      ? createJob(workflowId, pipeline, plans, settings, submittedAt, shortAlgorithms(settings.homes, taskTimeoutMs))
      : restoreJob(workflowId, pipeline, plans, settings, earlier.job);
  let hasWideBlocks: boolean | undefined;
  job.hasWideBlocks = () => (hasWideBlocks ??= patched('wide-blocks'));
  const applyToRunning = (event: JobEvent): void => {
    if (!isEnded(job)) apply(event);
  };
  const allTurns = takesAllTurns(settings);
  const isHeld = (): boolean => job.draining || job.status === 'paused';
  const blocks = new Blocks(settings.homes, applyToRunning, isHeld, allTurns);
  const batches = new Batches(job, settings, applyToRunning);
  let mayYield = workflowInfo().memo?.[BLOCKS_YIELD] === true;
  const sender = new ProgressSender(job, settings, earlier?.sender);
  const tick = (): void => {
    apply({ type: 'tick' });
  };
  const turningClock = allTurns ? new TurningClock(job, tick) : undefined;
  const isOnTask = (): boolean => beginsAtOnce(settings) && blocks.isRunningHere;
  // Where its first blocks run here, the server hears of the start together with what comes of it.
  const shown = new ShownStatus(job, () => !allTurns && blocks.isRunningHere);
  const wake = (): number => Math.min(nextWake(job), shown.dueAt);
  const clock = allTurns ? undefined : new Clock(job, wake, tick, isOnTask);
  const { concurrentPipelines } = pipeline.options ?? {};
  const turn = concurrentPipelines && new Turn(pipeline, concurrentPipelines);

  void CancellationScope.current().cancelRequested.catch(() => {
    apply({ type: 'stop', reason: 'canceled from Temporal' });
  });

  await CancellationScope.nonCancellable(async () => {
    if (earlier !== undefined) apply({ type: 'continued' });
    else if (turn === undefined) apply({ type: 'started' });
    else if (turn.isQueued) apply({ type: 'queued' });
    // Only now: a message that came with the start is about a job that has started.
    handleMessages(job, apply);
    batches.handleReports();
    setHandler(defineSignal<[told: RestGivenBack]>(REST_GIVEN_BACK), (told) => {
      applyToRunning({ type: 'restGivenBack', ...told });
    });
    void turningClock?.run();
    clock?.look();
    if (pipeline.webhooks?.progress !== undefined) void sender.run();
    if (allTurns) batches.begin();
    if (turn !== undefined && job.status === 'pending') await takeTurn(turn);
    await condition(() => isEnded(job) || workflowInfo().continueAsNewSuggested);
    if (!isEnded(job)) await drain();
    if (!isEnded(job)) await continueRun();
    if (allTurns || !isEnded(job)) await condition(() => isEnded(job) || isHistoryFull());
    if (!isEnded(job)) apply({ type: 'engineFailed', error: 'the history of the job has become too long' });
    turningClock?.stop();
    cancelBlocks(false);
    const stopped = allTurns || job.batches.isInUse || turn ? Promise.all([batches.stop(), turn?.leave()]) : undefined;
    if (allTurns || leavesWork()) {
      await Promise.all([startDeliveries(job, sender, settings), startTriggers(job, settings)]);
    }
    if (stopped !== undefined) await stopped;
    if (allTurns || blocks.inFlight > 0) await letBlocksEnd();
  });
  // Whoever has asked for something meanwhile is answered first.
  if (!allHandlersFinished()) await condition(allHandlersFinished);
  return finish(job);

  async function takeTurn(own: Turn): Promise<void> {
    const admission = await own.wait(() => isEnded(job) || workflowInfo().continueAsNewSuggested);
    if (isEnded(job) || admission === undefined) return;
    if (admission === 'admitted') {
      apply({ type: 'started' });
      return;
    }
    turningClock?.stop();
    throw ApplicationFailure.nonRetryable(limitReached(concurrentPipelines?.amount), 'LimitReached');
  }

  function leavesWork(): boolean {
    return pipeline.webhooks !== undefined || settings.triggeredBy !== undefined;
  }

  /** Lets the blocks end that this run has in flight; the job may end with them. */
  async function drain(): Promise<void> {
    const hasOwn = (): boolean => blocksOf(job, undefined).length > 0 || job.keeping !== undefined;
    const hasEnded = (): boolean => isEnded(job) || !hasOwn();
    // The others need not wait for a long one, until the history has no more room for them.
    if (!hasEnded() && patched('batch-workflows')) {
      apply({ type: 'widened' });
      apply({ type: 'pressed' });
      batches.press();
      await condition(() => hasEnded() || isHistoryLong());
    }
    apply({ type: 'drain' });
    await condition(hasEnded);
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
    await condition(() => allHandlersFinished() && batches.isQuiet);
    // A message may have ended it meanwhile.
    if (isEnded(job)) return;
    const next = { job: takeSnapshot(job), sender: left };
    const bytes = utf8Length(JSON.stringify([read, overrides, next]));
    if (bytes <= MAX_STATE_BYTES) {
      // Otherwise it is that of the first start again, and blocks that go on ask it.
      const memo = { ...workflowInfo().memo, [BLOCKS_YIELD]: mayYield };
      await makeContinueAsNewFunc<typeof runPipeline>({ memo })(read, overrides, next);
    }
    // It can go on here until its history is full.
    void sender.wake();
    apply({ type: 'continued' });
  }

  function apply(event: JobEvent): void {
    if (isWide() && patched('batch-workflows')) carryOut(reduce(job, { type: 'widened' }, Date.now()));
    if (!allTurns && job.batches.isInUse) batches.begin();
    carryOut(reduce(job, event, Date.now()));
    if (job.status === 'paused' && shown.last !== 'paused') cancelBlocks(true);
    setCurrentDetails(describeJob(job));
    shown.look();
    clock?.look();
  }

  function isWide(): boolean {
    return job.nextBlockId > OWN_BLOCKS && !job.batches.isInUse && !isEnded(job);
  }

  function carryOut(commands: readonly Command[]): void {
    for (const command of commands) {
      if (command.kind === 'findWorkers') void lookAndApply(command);
      else if (command.kind === 'writeResult') void writeAndApply(command);
      else if (command.kind === 'keepOutcomes') void keepAndApply(command);
      else if (command.batch === undefined) blocks.run(command);
      else batches.run(command, command.batch);
    }
  }

  /** @param yielding whether they finish the items in hand, or drop them */
  function cancelBlocks(yielding: boolean): void {
    if (yielding !== mayYield) upsertMemo({ [BLOCKS_YIELD]: yielding });
    mayYield = yielding;
    if (!yielding) {
      blocks.stop();
      return;
    }
    blocks.pause();
    batches.pause();
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

  async function keepAndApply({ input }: KeepOutcomes): Promise<void> {
    // Jobs that an earlier version has started went on with what they held.
    const kept = patched('outcomes-kept') ? await keepOutcomes(input).catch(() => null) : null;
    apply({ type: 'outcomesKept', ...(kept !== null && { kept }) });
  }

  async function lookAndApply({ algorithmName }: FindWorkers): Promise<void> {
    const home = homeOf(settings.homes, algorithmName);
    const where = {
      taskQueue: home === undefined || home.kind === 'http' ? taskQueue : home.taskQueue,
      activityType: home?.kind === 'activity' ? home.type : RUN_BLOCK,
      batches: job.batches.live.map((batch) => batchWorkflowId(workflowId, batch)),
    };
    const seen = await findWorkers({ jobId: workflowId, ...where }).catch(() => undefined);
    apply({ type: 'workersSeen', algorithmName, ...(seen && { seen }) });
  }
}

const RUN_BLOCK: keyof Activities = 'runBlock';
