/**
 * The engine: `reduce(job, event)` changes the job as the event says and answers the commands that follow from it.
 * It does no I/O and knows no clock, so the same events always make the same job. The job is changed in place: a copy of
 * a batch of a million items for each event would be quadratic.
 */
import { isFailure, type BlockHeartbeat, type BlockOutcome, type ItemOutcome } from './block';
import { tellFirstSnapshot } from './deferred';
import { completeJob, failJob, stopJob, type Failure } from './endings';
import type { JobStatus, TaskChange } from './events';
import { isEnded, progressBody, taskId, type BlockInFlight, type Job, type NodeState } from './job';
import { handOut, type RunBlock } from './hand-out';
import { closeFinished, openNodes } from './nodes';
import { publish, takeWarning } from './outbox';
import { DEFAULTS } from './pipeline';
import { moveTask } from './tasks';
import { MAX_ERROR, MAX_TASK_ERROR, toText } from './text';
import { tellWaitingItems } from './wait-any';

export type JobEvent =
  | { readonly type: 'started' }
  /** Goes on after `drain`: in a new run of its workflow, or in the same where the state was too large for that. */
  | { readonly type: 'continued' }
  /** Nothing more is handed out, so that no block is in flight when the run ends. */
  | { readonly type: 'drain' }
  | { readonly type: 'blockEnded'; readonly blockId: number; readonly outcome: BlockOutcome }
  /** The worker was lost, timed out, or answered with an error of its own. */
  | {
      readonly type: 'blockLost';
      readonly blockId: number;
      readonly error: string;
      readonly heartbeat?: BlockHeartbeat;
    }
  | { readonly type: 'engineFailed'; readonly error: string; readonly nodeName?: string }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** @param now epoch milliseconds */
export function reduce(job: Job, event: JobEvent, now: number): RunBlock[] {
  if (isEnded(job)) return [];
  switch (event.type) {
    case 'started':
      announce(job, 'pending', job.last.at, { hasData: false });
      job.status = 'active';
      announce(job, 'active', now, { hasData: false });
      openNodes(job, job.nodes, now);
      break;
    case 'continued':
      job.draining = false;
      break;
    case 'drain':
      job.draining = true;
      break;
    case 'blockEnded':
      endBlock(job, event.blockId, event.outcome.outcomes, event.outcome.durationMs, now);
      break;
    case 'blockLost':
      loseBlock(job, event.blockId, event.error, event.heartbeat?.outcomes ?? [], now);
      break;
    case 'engineFailed':
      failJob(
        job,
        {
          level: 'critical',
          error: toText(event.error, MAX_ERROR),
          ...(event.nodeName !== undefined && { nodeName: event.nodeName }),
        },
        now,
      );
      break;
    case 'stop':
      stopJob(job, toText(event.reason, MAX_ERROR), now);
      break;
    case 'pause':
      if (job.status !== 'active') break;
      job.status = 'paused';
      announce(job, 'paused', now, { hasData: true });
      break;
    case 'resume':
      if (job.status !== 'paused') break;
      announce(job, 'resumed', now, { hasData: true });
      job.status = 'active';
      break;
  }
  if (!isEnded(job) && job.nodes.every((node) => node.phase === 'done')) completeJob(job, now);
  const commands = handOut(job, now);
  if (isEnded(job)) return [];
  tellFirstSnapshot(job);
  return commands;
}

function announce(job: Job, status: JobStatus, at: number, { hasData }: { hasData: boolean }): void {
  job.last = { level: 'info', at, hasData, status };
  publish(job.outbox, progressBody(job, job.last));
}

function endBlock(job: Job, blockId: number, outcomes: readonly ItemOutcome[], durationMs: number, now: number): void {
  const block = takeBlock(job, blockId);
  if (block === undefined) return;
  const { node, indexes } = block;
  node.measured.items += outcomes.length;
  node.measured.ms += durationMs;
  indexes.forEach((index, position) => {
    if (isEnded(job)) return;
    const outcome = outcomes[position];
    if (outcome === undefined) {
      moveTask(job, node, index, 'active', 'pending', now);
      (block.attempt > 1 ? node.retries : node.givenBack).push(index);
    } else endTask(job, block, index, outcome, 'error', now);
  });
  closeFinished(job, now);
}

function loseBlock(
  job: Job,
  blockId: number,
  error: string,
  known: readonly (ItemOutcome | null)[],
  now: number,
): void {
  const block = takeBlock(job, blockId);
  if (block === undefined) return;
  block.indexes.forEach((index, position) => {
    if (isEnded(job)) return;
    const outcome = known[position];
    if (outcome != null) endTask(job, block, index, outcome, 'error', now);
    else endTask(job, block, index, { error }, 'crash', now);
  });
  closeFinished(job, now);
}

function takeBlock(job: Job, blockId: number): BlockInFlight | undefined {
  const block = job.blocks.get(blockId);
  if (block === undefined) return undefined;
  job.blocks.delete(blockId);
  block.node.blocksInFlight--;
  return block;
}

function endTask(
  job: Job,
  block: BlockInFlight,
  index: number,
  outcome: ItemOutcome,
  cause: 'error' | 'crash',
  now: number,
): void {
  const { node } = block;
  if (!isFailure(outcome)) {
    node.outcomes[index] = outcome;
    moveTask(job, node, index, 'active', 'succeed', now);
    tellWaitingItems(job, node, index, now);
    return;
  }
  const error = toText(outcome.error, MAX_ERROR);
  const change = (status: 'pending' | 'failed') => {
    return { ...taskId(node, index), status, error: toText(error, MAX_TASK_ERROR) };
  };
  if (outcome.final === undefined && mayRunAgain(node, block.attempt, cause)) {
    node.runs[index] = block.attempt;
    (cause === 'crash' && block.attempt > 1 ? node.suspects : node.retries).push(index);
    moveTask(job, node, index, 'active', 'pending', now, toText(error, MAX_TASK_ERROR));
    warn(job, change('pending'), now);
    return;
  }
  node.outcomes[index] = { ...outcome, error };
  moveTask(job, node, index, 'active', 'failed', now, toText(error, MAX_TASK_ERROR));
  if (job.failures.length < 10) job.failures.push({ ...taskId(node, index), error });
  const failure = failureOf(job, node, error);
  if (failure !== undefined) failJob(job, failure, now);
  else {
    warn(job, change('failed'), now);
    tellWaitingItems(job, node, index, now);
  }
}

function mayRunAgain(node: NodeState, attempt: number, cause: 'error' | 'crash'): boolean {
  const { policy, limit } = node.plan.retry;
  const covered = policy === 'Always' || policy === (cause === 'error' ? 'OnError' : 'OnCrash');
  return covered && attempt <= limit;
}

/** Whether a failed task fails its node (contract §6): a batch does as soon as its share reaches the tolerance. */
function failureOf(job: Job, node: NodeState, error: string): Failure | undefined {
  const { nodeName, isBatch } = node.plan;
  if (!isBatch) return { level: 'error', error, nodeName };
  const tolerance = job.pipeline.options?.batchTolerance ?? DEFAULTS.batchTolerance;
  const { failed } = node.counts;
  // In whole numbers: (29 / 50) * 100 is a little less than 58.
  if (failed * 100 < tolerance * node.width) return undefined;
  const percent = String(Math.round((failed * 100) / node.width));
  const share = `${String(failed)}/${String(node.width)} (${percent}%) failed tasks`;
  return { level: 'error', nodeName, error: `${share}, batch tolerance is ${String(tolerance)}%, error: ${error}` };
}

function warn(job: Job, change: TaskChange, now: number): void {
  job.last = { level: 'warn', at: now, hasData: true, tasks: [change] };
  if (takeWarning(job.outbox, change)) publish(job.outbox, progressBody(job, job.last));
}
