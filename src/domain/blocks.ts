/** How blocks come back: what became of each of their items, and what follows from it for the job (contract §6). */
import { blocksOf, closeBatch, forgetIdle } from './batch-workflows';
import {
  isFailure,
  type BlockHeartbeat,
  type BlockOutcome,
  type ItemFailure,
  type ItemOutcome,
  type RestGivenBack,
} from './block';
import { failJob, type Failure } from './endings';
import type { TaskChange } from './events';
import { progressBody } from './bodies';
import { isEnded, taskId, type BlockInFlight, type Job, type NodeState } from './job';
import { outcomeBytes } from './keep';
import { closeFinished } from './nodes';
import { publish, takeWarning } from './outbox';
import { DEFAULTS } from './pipeline';
import { repeats } from './retry';
import { takeRest } from './share';
import { leaveHere, noteShort } from './short';
import { noteRefused, noteServed, noteStarted, noteUntaken } from './service';
import { moveTask, moveTasks } from './tasks';
import { MAX_ERROR, MAX_TASK_ERROR, toText } from './text';
import { noteRead, noteUnread, type UnreadInput } from './unread';
import { isAwaited, tellWaitingItems } from './wait-any';

export function endBlock(job: Job, blockId: number, outcome: BlockOutcome, now: number): void {
  const block = takeBlock(job, blockId);
  if (block === undefined) return;
  const { node, indexes } = block;
  const { outcomes, durationMs, bytes, stored } = outcome;
  const ended = stored?.count ?? outcomes.length;
  node.measured.items += ended;
  node.measured.ms += durationMs;
  if (block.isHere) noteShort(job, node.plan.algorithmName, outcome);
  if (bytes !== undefined) job.hasLeastWork = true;
  // A foreign activity does not tell.
  if (stored === undefined) job.inlineBytes += bytes ?? sumBytes(outcomes);
  if (ended > 0) noteRead(node, blockId);
  if (ended > 0) noteStarted(job, node.plan.algorithmName);
  else noteUntaken(job, node.plan.algorithmName);
  if (stored !== undefined) endStored(job, block, stored, now);
  const isDone = stored !== undefined || endInline(job, block, outcomes, now);
  if (!isDone) {
    outcomes.forEach((one, position) => {
      const index = indexes[position];
      if (index !== undefined && !isTold(block, index) && !isEnded(job)) endTask(job, block, index, one, now);
    });
  }
  if (!isEnded(job)) giveBack(job, block, indexes.slice(ended), now);
  closeFinished(job, now);
}

/**
 * The outcomes of a block's first items at once, where none of them has anything else to tell.
 *
 * @returns whether that was so
 */
function endInline(job: Job, block: BlockInFlight, outcomes: readonly ItemOutcome[], now: number): boolean {
  const { node, indexes } = block;
  if (isAwaited(node) || block.told !== undefined || outcomes.some(isFailure)) return false;
  node.outcomes.setAll(indexes, outcomes);
  moveTasks(job, node, indexes.slice(0, outcomes.length), 'active', 'succeed', now);
  return true;
}

/** The outcomes of a block's first items, which lie in a blob. */
function endStored(
  job: Job,
  block: BlockInFlight,
  { blob, count, failures, largest }: NonNullable<BlockOutcome['stored']>,
  now: number,
): void {
  const { node } = block;
  const items = block.indexes.slice(0, count);
  const left = block.told === undefined ? items : items.filter((index) => !isTold(block, index));
  const failed = new Map(
    failures.flatMap(([position, failure]) => {
      const index = block.indexes[position];
      return index === undefined || isTold(block, index) ? [] : [[index, failure] as const];
    }),
  );
  const succeeded = failed.size === 0 ? left : left.filter((index) => !failed.has(index));
  const retried = (failure: ItemFailure): boolean => runsAgain(node, block.attempt, failure, 'error');
  const isEndedBy = (index: number): boolean => {
    const failure = failed.get(index);
    return failure !== undefined && !retried(failure);
  };
  const ended = { succeeded, failed: failed.size === 0 ? [] : left.filter(isEndedBy) };
  node.outcomes.store(blob, items, ended, largest);
  moveTasks(job, node, succeeded, 'active', 'succeed', now);
  if (isAwaited(node)) for (const index of succeeded) tellWaitingItems(job, node, index, now);
  for (const [index, failure] of failed) {
    if (isEnded(job)) return;
    failTask(job, block, index, failure, false, now);
  }
}

/** Items that were handed out have not begun: they wait again, and this was no run. */
function giveBack(
  job: Job,
  { node, attempt, isSuspect }: BlockInFlight,
  indexes: readonly number[],
  now: number,
): void {
  moveTasks(job, node, indexes, 'active', 'pending', now);
  const list = isSuspect ? node.suspects : attempt > 1 ? node.retries : node.givenBack;
  for (const index of indexes) list.push(index);
}

/** A block that goes on with its first items gives the others back, which have not begun. */
export function shareBlock(job: Job, given: RestGivenBack, now: number): void {
  const taken = takeRest(job, given);
  if (taken === undefined) return;
  const { block, rest } = taken;
  noteRead(block.node, given.blockId);
  noteStarted(job, block.node.plan.algorithmName);
  for (const [position, outcome] of given.ended) {
    const index = block.indexes[position];
    if (index === undefined || isEnded(job)) continue;
    job.inlineBytes += outcomeBytes(outcome);
    endTask(job, block, index, outcome, now);
  }
  if (!isEnded(job)) giveBack(job, block, rest, now);
  closeFinished(job, now);
}

export function refuseBlock(job: Job, blockId: number, now: number): void {
  const block = takeBlock(job, blockId);
  if (block === undefined) return;
  const { algorithmName } = block.node.plan;
  giveBack(job, block, block.indexes, now);
  // Only this worker was asked, and not the queue.
  if (block.isHere) {
    leaveHere(job, algorithmName);
    return;
  }
  if (noteRefused(job, algorithmName, now)) failUnserved(job, algorithmName, now);
}

/** A worker has the algorithm, and could not read what its items are given. */
export function leaveUnread(job: Job, unread: UnreadInput, now: number): void {
  const block = takeBlock(job, unread.blockId);
  if (block === undefined) return;
  const { node, indexes } = block;
  giveBack(job, block, indexes, now);
  noteServed(job, node.plan.algorithmName);
  const isFirst = noteUnread(job, node, unread, now);
  const [index] = indexes;
  if (!isFirst || index === undefined) return;
  const error = toText(`the input can not be read: ${unread.error}`, MAX_TASK_ERROR);
  warn(job, { ...taskId(node, index), status: 'pending', error }, now);
}

export function failUnserved(job: Job, algorithmName: string, now: number): void {
  const node = job.nodes.find(({ plan, phase }) => plan.algorithmName === algorithmName && phase === 'open');
  const error = `no worker serves algorithm ${algorithmName}`;
  failJob(job, { level: 'critical', error, ...(node && { nodeName: node.plan.nodeName }) }, now);
}

/** A block whose activity has failed as a whole. */
export interface LostBlock {
  readonly blockId: number;
  readonly error: string;
  /** What it had reported at last. */
  readonly heartbeat?: BlockHeartbeat;
  /** How many of its items had begun, where its worker could still tell. Absent: any may have. */
  readonly begun?: number;
}

export function loseBlock(job: Job, lost: LostBlock, now: number): void {
  const block = takeBlock(job, lost.blockId);
  if (block === undefined) return;
  const { error, heartbeat } = lost;
  const begun = lost.begun ?? heartbeat?.begun ?? Infinity;
  if (begun > 0) noteRead(block.node, lost.blockId);
  if (block.isHere) leaveHere(job, block.node.plan.algorithmName);
  if (begun > 0) noteStarted(job, block.node.plan.algorithmName);
  else noteUntaken(job, block.node.plan.algorithmName);
  const unbegun: number[] = [];
  block.indexes.forEach((index, position) => {
    if (isEnded(job) || isTold(block, index)) return;
    const outcome = heartbeat?.outcomes[position];
    if (outcome != null) {
      job.inlineBytes += outcomeBytes(outcome);
      endTask(job, block, index, outcome, now);
    } else if (position >= begun) unbegun.push(index);
    else failTask(job, block, index, { error }, true, now);
  });
  if (!isEnded(job)) giveBack(job, block, unbegun, now);
  closeFinished(job, now);
}

/** A batch workflow is gone, or never came to be: what it had is lost. */
export function loseBatch(job: Job, batch: number, lost: Omit<LostBlock, 'blockId'>, now: number): void {
  for (const blockId of blocksOf(job, batch)) loseBlock(job, { ...lost, blockId }, now);
  closeBatch(job, batch);
}

function isTold({ told = [] }: BlockInFlight, index: number): boolean {
  return told.includes(index);
}

function sumBytes(outcomes: readonly ItemOutcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + outcomeBytes(outcome), 0);
}

function takeBlock(job: Job, blockId: number): BlockInFlight | undefined {
  const block = job.blocks.get(blockId);
  if (block === undefined) return undefined;
  job.blocks.delete(blockId);
  block.node.blocksInFlight--;
  if (block.isShared === true) block.node.isSharing = false;
  forgetIdle(job, block.batch);
  return block;
}

function endTask(job: Job, block: BlockInFlight, index: number, outcome: ItemOutcome, now: number): void {
  if (isFailure(outcome)) {
    failTask(job, block, index, outcome, false, now);
    return;
  }
  const { node } = block;
  node.outcomes.set(index, outcome);
  moveTask(job, node, index, 'active', 'succeed', now);
  tellWaitingItems(job, node, index, now);
}

/** @param isLost the worker was lost while it ran the block: the item may be what has killed it */
function failTask(
  job: Job,
  block: BlockInFlight,
  index: number,
  failure: ItemFailure,
  isLost: boolean,
  now: number,
): void {
  const { node } = block;
  const error = toText(failure.error, MAX_ERROR);
  const change = (status: 'pending' | 'failed') => {
    return { ...taskId(node, index), status, error: toText(error, MAX_TASK_ERROR) };
  };
  if (runsAgain(node, block.attempt, failure, isLost ? 'crash' : 'error')) {
    node.runs[index] = block.attempt;
    // Alone at the latest on its last run: otherwise one that kills its worker takes others' last runs along.
    const isSuspect = isLost && (block.attempt > 1 || block.attempt >= node.plan.retry.limit);
    (isSuspect ? node.suspects : node.retries).push(index);
    moveTask(job, node, index, 'active', 'pending', now, toText(error, MAX_TASK_ERROR));
    warn(job, change('pending'), now);
    return;
  }
  // It may be written down already, with the others of its block.
  if (!node.outcomes.has(index)) node.outcomes.set(index, { error });
  moveTask(job, node, index, 'active', 'failed', now, toText(error, MAX_TASK_ERROR));
  if (job.failures.length < 10) job.failures.push({ ...taskId(node, index), error });
  const ending = failureOf(job, node, error);
  if (ending !== undefined) failJob(job, ending, now);
  else {
    warn(job, change('failed'), now);
    tellWaitingItems(job, node, index, now);
  }
}

function runsAgain(node: NodeState, attempt: number, failure: ItemFailure, cause: 'error' | 'crash'): boolean {
  return failure.final === undefined && mayRunAgain(node, attempt, failure.crash === true ? 'crash' : cause);
}

function mayRunAgain(node: NodeState, attempt: number, cause: 'error' | 'crash'): boolean {
  const { retry } = node.plan;
  return repeats(retry, cause) && attempt <= retry.limit;
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
