/**
 * The engine: `reduce(job, event)` changes the job as the event says and answers the commands that follow from it.
 * It does no I/O and knows no clock, so the same events always make the same job. The job is changed in place: a copy of
 * a batch of a million items for each event would be quadratic.
 */
import { blockSize } from './batch';
import {
  describeRuns,
  isFailure,
  toRuns,
  type BlockHeartbeat,
  type BlockInput,
  type BlockOutcome,
  type ItemOutcome,
} from './block';
import { tellFirstSnapshot } from './deferred';
import { completeJob, failJob, stopJob, type Failure } from './endings';
import type { JobStatus, TaskChange } from './events';
import { isEnded, progressBody, taskId, type BlockInFlight, type Job, type NodeState } from './job';
import { utf8Length } from './json';
import { closeNode, openNodes } from './nodes';
import { publish, takeWarning } from './outbox';
import { DEFAULTS } from './pipeline';
import { moveTask } from './tasks';

export type JobEvent =
  | { readonly type: 'started' }
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

/** A block to be run. The only thing that the engine asks for: all else is read from the job. */
export interface RunBlock {
  readonly blockId: number;
  readonly input: BlockInput;
  /** What a person reads in Temporal Web: `green#1…#50`. */
  readonly summary: string;
}

/** The most that the blocks in flight may hold together, so that one workflow task never nears Temporal's 4 MiB. */
const MAX_BYTES_IN_FLIGHT = 2_000_000;
/** The most that one block may be given: Temporal refuses a payload over 2 MiB. */
const MAX_BLOCK_BYTES = 1_900_000;

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
    case 'blockEnded':
      endBlock(job, event.blockId, event.outcome.outcomes, event.outcome.durationMs, now);
      break;
    case 'blockLost':
      loseBlock(job, event.blockId, event.error, event.heartbeat?.outcomes ?? [], now);
      break;
    case 'engineFailed':
      failJob(
        job,
        { level: 'critical', error: event.error, ...(event.nodeName !== undefined && { nodeName: event.nodeName }) },
        now,
      );
      break;
    case 'stop':
      stopJob(job, event.reason, now);
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
  finishNode(job, node, now);
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
  finishNode(job, block.node, now);
}

function takeBlock(job: Job, blockId: number): BlockInFlight | undefined {
  const block = job.blocks.get(blockId);
  if (block === undefined) return undefined;
  job.blocks.delete(blockId);
  block.node.blocksInFlight--;
  return block;
}

function finishNode(job: Job, node: NodeState, now: number): void {
  const { succeed, failed } = node.counts;
  if (!isEnded(job) && node.phase === 'open' && succeed + failed === node.width) closeNode(job, node, now);
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
    return;
  }
  const { error } = outcome;
  if (outcome.final === undefined && mayRunAgain(node, block.attempt, cause)) {
    node.runs[index] = block.attempt;
    node.retries.push(index);
    moveTask(job, node, index, 'active', 'pending', now, error);
    warn(job, { ...taskId(node, index), status: 'pending', error }, now);
    return;
  }
  node.outcomes[index] = outcome;
  moveTask(job, node, index, 'active', 'failed', now, error);
  if (job.failures.length < 10) job.failures.push({ ...taskId(node, index), error });
  const failure = failureOf(job, node, error);
  if (failure !== undefined) failJob(job, failure, now);
  else warn(job, { ...taskId(node, index), status: 'failed', error }, now);
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

/** Fills the window with blocks, taking from the node that has the fewest in flight. */
function handOut(job: Job, now: number): RunBlock[] {
  const commands: RunBlock[] = [];
  while (job.status === 'active' && job.blocks.size < job.settings.window) {
    const bytesInFlight = [...job.blocks.values()].reduce((sum, block) => sum + block.bytes, 0);
    if (bytesInFlight >= MAX_BYTES_IN_FLIGHT) break;
    const open = job.nodes.filter((node) => node.phase === 'open' && waiting(node) > 0);
    const node = open.sort((one, other) => one.blocksInFlight - other.blocksInFlight)[0];
    if (node === undefined) break;
    const command = startBlock(job, node, now);
    if (command !== undefined) commands.push(command);
  }
  return commands;
}

function waiting(node: NodeState): number {
  return node.width - node.next + node.givenBack.length + node.retries.length;
}

function startBlock(job: Job, node: NodeState, now: number): RunBlock | undefined {
  const { plan } = node;
  const indexes = takeItems(job, node);
  let input = bindBlock(job, node, indexes);
  let bytes = utf8Length(JSON.stringify(input));
  while (bytes > MAX_BLOCK_BYTES && indexes.length > 1) {
    node.givenBack.unshift(...indexes.splice(Math.ceil(indexes.length / 2)));
    input = bindBlock(job, node, indexes);
    bytes = utf8Length(JSON.stringify(input));
  }
  if (bytes > MAX_BLOCK_BYTES) {
    const error = `input of ${String(bytes)} bytes is larger than ${String(MAX_BLOCK_BYTES)}`;
    failJob(job, { level: 'critical', error, nodeName: plan.nodeName }, now);
    return undefined;
  }
  const blockId = job.nextBlockId++;
  job.blocks.set(blockId, { node, indexes, attempt: input.attempt, bytes });
  node.blocksInFlight++;
  indexes.forEach((index) => moveTask(job, node, index, 'pending', 'active', now));
  const { items } = input;
  return { blockId, input, summary: items === undefined ? plan.nodeName : `${plan.nodeName}${describeRuns(items)}` };
}

function bindBlock(job: Job, { plan, runs, expansion }: NodeState, indexes: readonly number[]): BlockInput {
  return {
    jobId: job.jobId,
    nodeName: plan.nodeName,
    algorithmName: plan.algorithmName,
    ...(plan.isBatch && { items: toRuns(indexes.map((index) => index + 1)) }),
    input: expansion?.bind(indexes) ?? { kind: 'value', value: [] },
    attempt: (runs[indexes[0] ?? 0] ?? 0) + 1,
    ...(plan.itemTtlMs !== undefined && { itemTtlMs: plan.itemTtlMs }),
  };
}

/** Retried items ride alone; so do those whose policy must know whether a lost block had begun them. */
function takeItems(job: Job, node: NodeState): number[] {
  const retry = node.retries.shift();
  if (retry !== undefined) return [retry];
  const alone = node.plan.retry.policy === 'Never' || node.plan.retry.policy === 'OnError';
  const size = alone ? 1 : blockSize(node.next, waiting(node), job.blocks.size, node.measured);
  if (node.givenBack.length > 0) return node.givenBack.splice(0, size).sort((one, other) => one - other);
  const count = Math.min(size, node.width - node.next);
  const first = node.next;
  node.next += count;
  return Array.from({ length: count }, (_, offset) => first + offset);
}
