/** The activity `runBlock`: the items of a block, up to `concurrency` at a time, one outcome each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import {
  argsAt,
  EXPIRED,
  isElsewhere,
  refuseLarge,
  type BlockHeartbeat,
  type BlockInput,
  type ItemOutcome,
} from '../src/domain/block';
import { fromRuns } from '../src/domain/index-runs';
import type { Json } from '../src/domain/json';
import type { PutBlob } from '../src/blobs/elements';
import { MAX_BYTES_HERE, SHORT_MS, TOO_LARGE_HERE, TOO_LONG_HERE, WELL_UNDER_MS } from '../src/domain/short';
import type { AlgorithmFunction, Algorithms, AlgorithmOptions } from './algorithm';
import type { Activities } from './contract';
import { algorithmNotFound, algorithmNotShort, blockInterrupted } from './failures';
import type { HttpEndpoint } from './http-algorithm';
import { toBlockOutcome, toOutcome } from './outcome-blobs';
import { putter, type BlobPlace } from './put-blobs';
import { toUnread, type ReadInput } from './read-input';
import { runItem, type ItemAnswer } from './run-item';
import { inThread } from './thread';
import { createStopSignal } from './stop-signal';

/** How often a running block reports; the server takes a worker for lost after ten seconds without. */
const HEARTBEAT_MS = 500;
/** How often a block reports that reads its input still. */
const READING_HEARTBEAT_MS = 1_000;
/** A block ends early once its outputs are this large: they ride in one payload. */
const MAX_BLOCK_BYTES = 128_000;

/** What the activity needs of its worker. */
export interface RunBlockOptions extends BlobPlace {
  readonly algorithms: Algorithms;
  /** Makes an algorithm of an endpoint. */
  readonly httpAlgorithm: (endpoint: HttpEndpoint) => AlgorithmFunction;
  /** Reads what of an input lies in blobs. */
  readonly readInput: ReadInput;
  /** Whether the worker that runs the activity takes nothing new. */
  readonly isShuttingDown: () => boolean;
}

/** Makes the activity that runs blocks of items. */
export function createRunBlock(options: RunBlockOptions): Activities['runBlock'] {
  const { algorithms, httpAlgorithm, isShuttingDown, readInput } = options;
  return async (block) => {
    const { http, algorithmName, inlineBytes } = block;
    const algorithm: AlgorithmOptions =
      http === undefined ? findAlgorithm(algorithms, algorithmName) : { run: httpAlgorithm(http) };
    const context = Context.current();
    // In the worker of the job's workflow: the server knows nothing of it before its end, and takes no heartbeats.
    const { isLocal } = context.info;
    if (isLocal && algorithm.short !== true) throw algorithmNotShort(algorithmName);
    const indexes = block.items === undefined ? [undefined] : fromRuns(block.items);
    const width = isLocal ? indexes.length : Math.max(1, algorithm.concurrency ?? 1);
    const input = isElsewhere(block.input) ? await readFirst(context, block, readInput) : block;
    if (input === undefined) return NOTHING_BEGUN;
    const beginning = Array.from({ length: Math.min(width, indexes.length) }, () => null);
    if (!isLocal && !(await announce(context, { outcomes: beginning }))) return NOTHING_BEGUN;
    const stop = createStopSignal(context, block.jobId, isShuttingDown);
    const put = inlineBytes === undefined ? undefined : putter(options, context, block.jobId);
    const startedAt = performance.now();
    const outcomes: (ItemOutcome | null)[] = [];
    let begun = 0;
    let bytes = 0;
    let reportedAt = startedAt;
    const report = (): void => {
      reportedAt = performance.now();
      if (!isLocal) context.heartbeat({ outcomes: [...outcomes] });
    };

    const runOne = async (position: number): Promise<void> => {
      const answer = await runItem(
        algorithm.run,
        argsAt(input, position, indexes[position]),
        { signal: stop.signal, heartbeat: report, log: context.log, attempt: input.attempt },
        isLocal ? Math.min(SHORT_MS, input.itemTtlMs ?? SHORT_MS) : input.itemTtlMs,
      );
      // What an item answers after it was told to stop is not its outcome.
      if (stop.signal.aborted) return;
      const outcome = await outcomeOf(answer, position, block, put);
      outcomes[position] = isLocal ? toOutcomeHere(outcome, answer, block, put) : outcome;
      bytes += 'text' in answer ? answer.text.length : answer.error.length;
      // Each report writes out all outcomes so far, so quick items share one.
      if (performance.now() - reportedAt >= HEARTBEAT_MS) report();
    };
    // Canceled, a block begins no other item: those in hand end by themselves, or by the stop signal.
    const lane = async (): Promise<void> => {
      while (begun < indexes.length && bytes < MAX_BLOCK_BYTES && !context.cancellationSignal.aborted) {
        const position = begun++;
        outcomes[position] = null;
        await runOne(position);
      }
    };

    const timer = setInterval(report, HEARTBEAT_MS);
    try {
      const lanes = Array.from({ length: width }, lane);
      await Promise.race([Promise.all(lanes), aborted(stop.signal)]);
    } finally {
      stop.release();
      clearInterval(timer);
    }
    const ended = outcomes.filter((outcome) => outcome !== null);
    if (ended.length < begun) throw blockInterrupted({ outcomes });
    const durationMs = Math.round(performance.now() - startedAt);
    if (isLocal && durationMs > WELL_UNDER_MS) context.log.warn('the algorithm is declared short', { durationMs });
    return await toBlockOutcome(ended, durationMs, inlineBytes, put);
  };
}

async function outcomeOf(
  answer: ItemAnswer,
  position: number,
  { elementsOf }: BlockInput,
  put: PutBlob | undefined,
): Promise<ItemOutcome> {
  if (!('text' in answer)) return answer;
  if (put !== undefined) return await toOutcome(answer.text, position, elementsOf, put);
  return refuseLarge(Buffer.byteLength(answer.text)) ?? { result: JSON.parse(answer.text) as Json };
}

/** What an item has come to that the workflow runs itself: one that is not short has told nothing by that. */
function toOutcomeHere(
  outcome: ItemOutcome,
  answer: ItemAnswer,
  { itemTtlMs = Infinity }: BlockInput,
  put: PutBlob | undefined,
): ItemOutcome {
  if (answer === EXPIRED && itemTtlMs > SHORT_MS) return TOO_LONG_HERE;
  const isLarge = put === undefined && 'text' in answer && Buffer.byteLength(answer.text) > MAX_BYTES_HERE;
  return isLarge ? TOO_LARGE_HERE : outcome;
}

const NOTHING_BEGUN = { outcomes: [], durationMs: 0 };

/**
 * Has the server write down that the first items begin, before they do: a block that is lost without a heartbeat has
 * begun nothing (DESIGN.md, «runBlock»). Such are those that a worker is handed while it stops.
 *
 * @returns false where the server does not take it: the block is canceled, or was given up since the worker hung
 */
async function announce({ client, info, log }: Context, heartbeat: BlockHeartbeat): Promise<boolean> {
  try {
    await client.activity.heartbeat(info.taskToken, heartbeat);
    return true;
  } catch (error) {
    // Canceled or given up is nothing to see to; what else keeps blocks from beginning is.
    const isExpected = error instanceof Error && /^Activity(Cancelled|NotFound|Paused|Reset)Error$/.test(error.name);
    log[isExpected ? 'debug' : 'warn']('the block does not begin', { error });
    return false;
  }
}

/**
 * Reads what the items are given, before any of them begins. It tells that it lives by heartbeats that are awaited: one
 * that the SDK holds back for a second would come behind the one by which the items begin, and deny it.
 *
 * @returns undefined where the block is not to begin any more
 * @throws ApplicationFailure `InputUnread`
 */
async function readFirst(context: Context, block: BlockInput, readInput: ReadInput): Promise<BlockInput | undefined> {
  const over = new AbortController();
  const reading = readInput(block.input).finally(() => {
    over.abort();
  });
  // It may be left to itself.
  reading.catch(() => undefined);
  const isReading = (): Promise<boolean> =>
    sleep(READING_HEARTBEAT_MS, true, { signal: over.signal }).catch(() => false);
  while (await isReading()) if (!(await announce(context, { outcomes: [], begun: 0 }))) return undefined;
  try {
    return { ...block, input: await reading };
  } catch (error) {
    throw toUnread(error);
  }
}

function findAlgorithm(algorithms: Algorithms, name: string): AlgorithmOptions {
  const found = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
  if (found === undefined) throw algorithmNotFound(name);
  if (typeof found === 'function') return { run: found };
  return found.thread === true ? { ...found, run: inThread(found, name) } : found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
