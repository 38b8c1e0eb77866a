/** Which items go out next, in which blocks (DESIGN.md, «runBlock»). */
import { blockSize, ENOUGH, FIRST_WAVE, FIRST_WAVE_MS, WIDE, wideBlock } from './block-size';
import type { BlockInput } from './block';
import { describeRuns, toRuns } from './index-runs';
import { failJob } from './endings';
import { homeOf } from './homes';
import type { Job, NodeState } from './job';
import { utf8Length } from './json';
import { mayAsk, noteAsked } from './service';
import { moveTasks } from './tasks';
import { hasWaitAny } from './wait-any';

/** A block to be run. */
export interface RunBlock {
  readonly kind: 'runBlock';
  readonly blockId: number;
  readonly input: BlockInput;
  /** What a person reads in Temporal Web: `green#1…#50`. */
  readonly summary: string;
}

/** The most that the blocks in flight may hold together, so that one workflow task never nears Temporal's 4 MiB. */
const MAX_BYTES_IN_FLIGHT = 2_000_000;
/** The most that one block may be given: Temporal refuses a payload over 2 MiB. */
const MAX_BLOCK_BYTES = 1_900_000;
/** The same of a block of more items than are worth it where they are large: it would leave little for other blocks. */
const MANY = { items: 1_000, bytes: 128_000 };

/** Fills the window with blocks, taking from the node that has the fewest in flight. */
export function handOut(job: Job, now: number): RunBlock[] {
  const commands: RunBlock[] = [];
  while (job.status === 'active' && !job.draining && job.blocks.size < job.settings.window) {
    const bytesInFlight = [...job.blocks.values()].reduce((sum, block) => sum + block.bytes, 0);
    if (bytesInFlight >= MAX_BYTES_IN_FLIGHT) break;
    const open = job.nodes.filter((node) => isReady(job, node, now));
    const node = open.sort((one, other) => one.blocksInFlight - other.blocksInFlight)[0];
    if (node === undefined) break;
    const command = startBlock(job, node, now);
    if (command !== undefined) commands.push(command);
  }
  return commands;
}

function isReady(job: Job, node: NodeState, now: number): boolean {
  const mayGo = node.phase === 'open' && waiting(job, node) > 0 && mayAsk(job, node.plan.algorithmName, now);
  return mayGo && now >= firstWaveEnd(node);
}

/** When more of a node goes out that waits for its first wave, in epoch milliseconds; 0 where it waits for nothing. */
function firstWaveEnd({ blocksInFlight, firstWaveUntil, measured }: NodeState): number {
  const isOut = blocksInFlight + measured.items >= FIRST_WAVE;
  return isOut && measured.items < ENOUGH ? firstWaveUntil : 0;
}

/** When a node stops waiting for its first wave; infinite where none does. */
export function nextWave(job: Job): number {
  if (job.status !== 'active' || job.draining || job.blocks.size >= job.settings.window) return Infinity;
  const open = job.nodes.filter((node) => node.phase === 'open' && waiting(job, node) > 0);
  return Math.min(...open.map(firstWaveEnd).filter((end) => end > 0), Infinity);
}

/** Some time has passed: what waits for a first wave that is late waits no longer. */
export function endFirstWaves(job: Job, now: number): void {
  for (const node of job.nodes) if (node.firstWaveUntil <= now) node.firstWaveUntil = 0;
}

function waiting(job: Job, node: NodeState): number {
  const fresh = hasWaitAny(node.plan) ? node.released.length : node.width - node.next;
  const suspects = mayRunSuspect(job) ? node.suspects.length : 0;
  return fresh + node.givenBack.length + node.retries.length + suspects;
}

/** One at a time: of two that are lost together nobody could tell which one it was. */
function mayRunSuspect(job: Job): boolean {
  return [...job.blocks.values()].every(({ isSuspect }) => !isSuspect);
}

function startBlock(job: Job, node: NodeState, now: number): RunBlock | undefined {
  const { plan } = node;
  const { indexes, isSuspect = false, budgetMs } = takeItems(job, node);
  const bind = (): BlockInput => ({ ...bindBlock(job, node, indexes), ...(budgetMs !== undefined && { budgetMs }) });
  let input = bind();
  let bytes = utf8Length(JSON.stringify(input));
  while (indexes.length > 1 && bytes > (indexes.length > MANY.items ? MANY.bytes : MAX_BLOCK_BYTES)) {
    node.givenBack.unshift(...indexes.splice(Math.ceil(indexes.length / 2)));
    input = bind();
    bytes = utf8Length(JSON.stringify(input));
  }
  if (bytes > MAX_BLOCK_BYTES) {
    const error = `input of ${String(bytes)} bytes is larger than ${String(MAX_BLOCK_BYTES)}`;
    failJob(job, { level: 'critical', error, nodeName: plan.nodeName }, now);
    return undefined;
  }
  const blockId = job.nextBlockId++;
  const { attempt, inlineBytes = 0 } = input;
  job.blocks.set(blockId, { node, indexes, attempt, bytes, inlineBytes, isSuspect });
  node.blocksInFlight++;
  if (budgetMs !== undefined && node.next <= FIRST_WAVE) node.firstWaveUntil = now + FIRST_WAVE_MS;
  noteAsked(job, plan.algorithmName, now);
  moveTasks(job, node, indexes, 'pending', 'active', now);
  const { items } = input;
  const summary = items === undefined ? plan.nodeName : `${plan.nodeName}${describeRuns(items)}`;
  return { kind: 'runBlock', blockId, input, summary };
}

/** How much of its outcomes a job holds itself: what a run of its workflow hands to the next must fit into 2 MiB. */
const MAX_INLINE_BYTES = 1_200_000;
/** What a value may take to travel through the job, and not through a blob. */
const MAX_VALUE_BYTES = 32_000;

/** What the outcomes of one more block may add to the job; never so much that all in flight exceed what it may hold. */
function inlineBytesLeft({ inlineBytes, blocks }: Job): number {
  const granted = [...blocks.values()].reduce((sum, block) => sum + block.inlineBytes, 0);
  return Math.max(0, Math.min(MAX_VALUE_BYTES, Math.floor((MAX_INLINE_BYTES - inlineBytes - granted) / 4)));
}

/** Arrays in a node's output that others read by element. */
function elementsOf({ plan, children }: NodeState): readonly (readonly string[])[] {
  if (plan.isBatch) return [];
  const sources = children.flatMap((child) =>
    child.plan.leaves.flatMap((leaf) => {
      return leaf.kind === 'batchReference' && leaf.source.kind === 'node' ? [leaf.source] : [];
    }),
  );
  return sources.filter(({ nodeName }) => nodeName === plan.nodeName).map(({ path }) => path);
}

function bindBlock(job: Job, node: NodeState, indexes: readonly number[]): BlockInput {
  const { plan, runs, expansion } = node;
  const elements = elementsOf(node);
  const home = homeOf(job.settings.homes, plan.algorithmName);
  return {
    jobId: job.jobId,
    nodeName: plan.nodeName,
    algorithmName: plan.algorithmName,
    ...(plan.isBatch && { items: toRuns(indexes.map((index) => index + 1)) }),
    input: expansion?.bind(indexes) ?? { kind: 'value', value: [] },
    attempt: (runs[indexes[0] ?? 0] ?? 0) + 1,
    ...(plan.itemTtlMs !== undefined && { itemTtlMs: plan.itemTtlMs }),
    inlineBytes: inlineBytesLeft(job),
    ...(elements.length > 0 && { elementsOf: elements }),
    ...(home?.kind === 'http' && { http: { url: home.url, timeoutMs: home.timeoutMs } }),
  };
}

/**
 * Retried items ride alone; so do those whose policy must know whether a lost block had begun them, and those of foreign
 * activities, which take one item each.
 */
function takeItems(job: Job, node: NodeState): { indexes: number[]; isSuspect?: boolean; budgetMs?: number } {
  const retry = node.retries.shift();
  if (retry !== undefined) return { indexes: [retry] };
  const suspect = mayRunSuspect(job) ? node.suspects.shift() : undefined;
  if (suspect !== undefined) return { indexes: [suspect], isSuspect: true };
  const { algorithmName, retry: rule } = node.plan;
  const isForeign = homeOf(job.settings.homes, algorithmName)?.kind === 'activity';
  const alone = isForeign || rule.policy === 'Never' || rule.policy === 'OnError';
  const sizing = { remaining: waiting(job, node), inFlight: job.blocks.size, measured: node.measured };
  const { size, ...budget } = alone
    ? { size: 1 }
    : node.width > WIDE && job.hasWideBlocks()
      ? wideBlock(sizing)
      : { size: blockSize({ ...sizing, handedOut: node.next, hasLeastWork: job.hasLeastWork }) };
  if (node.givenBack.length > 0) {
    return { indexes: node.givenBack.splice(0, size).sort((one, other) => one - other), ...budget };
  }
  if (hasWaitAny(node.plan)) {
    const released = node.released.splice(0, size);
    node.next += released.length;
    return { indexes: released.sort((one, other) => one - other), ...budget };
  }
  const count = Math.min(size, node.width - node.next);
  const first = node.next;
  node.next += count;
  return { indexes: Array.from({ length: count }, (_, offset) => first + offset), ...budget };
}
