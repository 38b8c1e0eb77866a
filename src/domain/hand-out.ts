/** Which blocks go out next, and what each is given (DESIGN.md, «runBlock»). */
import { batchForNext, windowOf } from './batch-workflows';
import { isElsewhere, type BlockInput } from './block';
import { mayBeginAtOnce } from './begin-at-once';
import { ENOUGH, FIRST_WAVE, FIRST_WAVE_MS } from './block-size';
import { describeRuns, toRuns } from './index-runs';
import { failJob } from './endings';
import { elementsOf } from './elements-of';
import { MAX_INLINE_BYTES } from './held';
import type { Job, NodeState } from './job';
import { utf8Length } from './json';
import { mayAsk, noteAsked } from './service';
import { waitsForShared } from './share';
import { homeOfNode, takeItems, waiting } from './take-items';
import { moveTasks } from './tasks';
import { mayRead, noteReading } from './unread';

/** A block to be run. */
export interface RunBlock {
  readonly kind: 'runBlock';
  readonly blockId: number;
  readonly input: BlockInput;
  /** What a person reads in Temporal Web: `green#1…#50`. */
  readonly summary: string;
  /** The size of `input` as JSON. */
  readonly bytes: number;
  /** The batch workflow that runs it; absent where the job's own does. */
  readonly batch?: number;
  /** The workflow runs it itself, as a local activity. */
  readonly isHere?: true;
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
  let bytesInFlight = [...job.blocks.values()].reduce((sum, block) => sum + block.bytes, 0);
  while (job.status === 'active' && !job.draining && job.blocks.size < windowOf(job)) {
    if (bytesInFlight >= MAX_BYTES_IN_FLIGHT) break;
    const open = job.nodes.filter((node) => isReady(job, node, now));
    const node = open.sort((one, other) => one.blocksInFlight - other.blocksInFlight)[0];
    if (node === undefined) break;
    const command = startBlock(job, node, now);
    if (command === undefined) continue;
    commands.push(command);
    bytesInFlight += command.bytes;
  }
  return commands;
}

function isReady(job: Job, node: NodeState, now: number): boolean {
  const mayGo =
    node.phase === 'open' && waiting(job, node) > 0 && mayRead(node) && mayAsk(job, node.plan.algorithmName, now);
  return mayGo && !waitsForShared(node) && now >= firstWaveEnd(node);
}

/** When more of a node goes out that waits for its first wave, in epoch milliseconds; 0 where it waits for nothing. */
function firstWaveEnd({ blocksInFlight, firstWaveUntil, measured }: NodeState): number {
  const isOut = blocksInFlight + measured.items >= FIRST_WAVE;
  return isOut && measured.items < ENOUGH ? firstWaveUntil : 0;
}

/** When a node stops waiting for its first wave; infinite where none does. */
export function nextWave(job: Job): number {
  if (job.status !== 'active' || job.draining || job.blocks.size >= windowOf(job)) return Infinity;
  const open = job.nodes.filter((node) => node.phase === 'open' && waiting(job, node) > 0);
  return Math.min(...open.map(firstWaveEnd).filter((end) => end > 0), Infinity);
}

/** Some time has passed: what waits for a first wave that is late waits no longer. */
export function endFirstWaves(job: Job, now: number): void {
  for (const node of job.nodes) if (node.firstWaveUntil <= now) node.firstWaveUntil = 0;
}

function startBlock(job: Job, node: NodeState, now: number): RunBlock | undefined {
  const { plan } = node;
  const { indexes, isSuspect = false, isHere = false, sharedForMs, budgetMs } = takeItems(job, node, now);
  const bind = (): BlockInput => ({ ...bindBlock(job, node, indexes), ...(budgetMs !== undefined && { budgetMs }) });
  let input = bind();
  let bytes = utf8Length(JSON.stringify(input));
  while (indexes.length > 1 && bytes > (indexes.length > MANY.items ? MANY.bytes : MAX_BLOCK_BYTES)) {
    const list = input.attempt > 1 ? node.retries : node.givenBack;
    list.unshift(...indexes.splice(Math.ceil(indexes.length / 2)));
    input = bind();
    bytes = utf8Length(JSON.stringify(input));
  }
  // What must be read first takes its time: the others of it go as any first wave does.
  const staysHere = isHere && !isElsewhere(input.input);
  if (isHere && !staysHere && indexes.length > 1) {
    node.givenBack.unshift(...indexes.splice(1));
    job.short.delete(plan.algorithmName);
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
  const isShared = sharedForMs !== undefined && indexes.length > 1;
  if (isShared) {
    input = { ...input, shared: { blockId, afterMs: sharedForMs } };
    node.isSharing = true;
  }
  if (!staysHere && mayBeginAtOnce(job, plan, { count: indexes.length, attempt }))
    input = { ...input, beginsAtOnce: true };
  const riding = staysHere ? ({ isHere: true } as const) : batchRiding(job, node);
  if (staysHere) job.shortSince ??= now;
  const shared = isShared ? ({ isShared } as const) : {};
  job.blocks.set(blockId, { node, indexes, attempt, bytes, inlineBytes, isSuspect, ...riding, ...shared });
  node.blocksInFlight++;
  if (budgetMs !== undefined && node.next <= FIRST_WAVE) node.firstWaveUntil = now + FIRST_WAVE_MS;
  noteAsked(job, plan.algorithmName, now);
  noteReading(node, blockId, now);
  moveTasks(job, node, indexes, 'pending', 'active', now);
  const { items } = input;
  const summary = items === undefined ? plan.nodeName : `${plan.nodeName}${describeRuns(items)}`;
  return { kind: 'runBlock', blockId, input, summary, bytes, ...riding };
}

function batchRiding(job: Job, node: NodeState): { readonly batch?: number } {
  const batch = batchForNext(job, node);
  return batch === undefined ? {} : { batch };
}

/** What a value may take to travel through the job, and not through a blob. */
const MAX_VALUE_BYTES = 32_000;

/** What is kept for each of the blocks that the window has room for, so that small outcomes of the last of them fit too. */
const LEAST_INLINE_BYTES = 2_000;

/** What the outcomes of one more block may add to the job; never so much that all in flight exceed what it may hold. */
function inlineBytesLeft({ inlineBytes, blocks, settings }: Job): number {
  const granted = [...blocks.values()].reduce((sum, block) => sum + block.inlineBytes, 0);
  const left = Math.max(0, MAX_INLINE_BYTES - inlineBytes - granted);
  // A job that becomes wide has twice the window.
  const kept = LEAST_INLINE_BYTES * Math.max(0, 2 * settings.window - blocks.size);
  return Math.min(MAX_VALUE_BYTES, Math.max(left - kept, Math.min(LEAST_INLINE_BYTES, left)));
}

function bindBlock(job: Job, node: NodeState, indexes: readonly number[]): BlockInput {
  const { plan, runs, expansion } = node;
  const elements = elementsOf(node);
  const home = homeOfNode(job, node);
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
    ...(plan.isOutput === true && { output: true }),
  };
}
