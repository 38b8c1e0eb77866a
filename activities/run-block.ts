/** The activity `runBlock`: the items of a block, up to `concurrency` at a time, one outcome each. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { argsAt, EXPIRED, refuseLarge, type BlockInput, type ItemOutcome } from '../src/domain/block';
import { fromRuns } from '../src/domain/index-runs';
import type { PutBlob } from '../src/blobs/elements';
import { MAX_BYTES_HERE, SHORT_MS, TOO_LARGE_HERE, TOO_LONG_HERE, WELL_UNDER_MS } from '../src/domain/short';
import type { AlgorithmContext, AlgorithmFunction, Algorithms, AlgorithmOptions } from './algorithm';
import { AheadPlaces } from './ahead';
import { Beginnings } from './begin-items';
import type { Activities } from './contract';
import { algorithmNotFound, algorithmNotShort, blockInterrupted } from './failures';
import type { HttpEndpoint } from './http-algorithm';
import { isLarge, putOutput, type JsonBody } from './outcome-blobs';
import { putter, type BlobPlace } from './put-blobs';
import { LargeOutputs } from './large-outputs';
import { Pace } from './pace';
import { ReachedOutcomes } from './reached';
import { readFirst } from './read-first';
import type { ReadInput } from './read-input';
import { runItem, toFailure, toJsonBody } from './run-item';
import { SharedBlock } from './share-block';
import { inThread } from './thread';
import { createStopSignal } from './stop-signal';
import { Turns } from './turns';

/** How often a running block reports; the server takes a worker for lost after ten seconds without. */
const HEARTBEAT_MS = 500;
/** A block ends early once its outputs are this large: they ride in one payload. */
const MAX_BLOCK_BYTES = 128_000;

/** What was handed out so long ago, in milliseconds, may have been given up meanwhile, as where its worker hung. */
const LATE_MS = 5_000;

/** The items of a small job do not wait for those of blocks: so often they leave the event loop to all else, in milliseconds. */
const LOCAL_TURN_MS = 20;

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
  const algorithmOf = ({ http, output, algorithmName }: BlockInput): AlgorithmOptions => {
    if (output === true) return { run: ({ input }) => input };
    return http === undefined ? findAlgorithm(algorithms, algorithmName) : { run: httpAlgorithm(http) };
  };
  const pace = new Pace();
  const large = new LargeOutputs();
  const allTurns = new Turns();
  const places = new AheadPlaces();
  return async (block) => {
    const { algorithmName, inlineBytes, itemTtlMs, attempt, elementsOf, shared, budgetMs = Infinity } = block;
    const { run, concurrency, short } = algorithmOf(block);
    const context = Context.current();
    // In the worker of the job's workflow: the server knows nothing of it before its end, and takes no heartbeats.
    const { isLocal } = context.info;
    if (isLocal && short !== true) throw algorithmNotShort(algorithmName);
    const indexes = block.items === undefined ? [undefined] : fromRuns(block.items);
    const width = isLocal ? indexes.length : Math.max(1, concurrency ?? 1);
    const input = await readFirst(context, block, readInput);
    if (input === undefined) return NOTHING_BEGUN;
    const reached = new ReachedOutcomes();
    let reportedAt: number | undefined;
    const report = (): void => {
      reportedAt = performance.now();
      if (!isLocal) context.heartbeat({ outcomes: reached.toOutcomes(), begun: beginnings.limit });
    };
    const beginnings = new Beginnings(context, places, width, indexes.length, () => {
      if (reportedAt !== undefined) report();
    });
    if (block.beginsAtOnce === true && !isLate(context)) beginnings.allowFirst();
    else if (!isLocal && !(await beginnings.ask(() => []))) return NOTHING_BEGUN;
    const stop = createStopSignal(context, block.jobId, isShuttingDown);
    const sharing = new SharedBlock(context, block, indexes.length, reached);
    const put = inlineBytes === undefined ? undefined : putter(options, context, block.jobId);
    const itemContext: AlgorithmContext = { signal: stop.signal, heartbeat: report, log: context.log, attempt };
    let bytes = 0;
    // What the items take, not what a busy worker or the way to the server adds to it.
    let itemsMs = 0;
    const workMs = (): number => itemsMs / Math.max(1, Math.min(width, reached.begun));
    const ttlMs = isLocal ? Math.min(SHORT_MS, itemTtlMs ?? SHORT_MS) : itemTtlMs;

    const runOne = async (position: number): Promise<void> => {
      let end: JsonBody | ItemOutcome;
      try {
        end = toJsonBody(await runItem(run, argsAt(input, position, indexes[position]), itemContext, ttlMs));
        bytes += end.length;
      } catch (error) {
        const failure = toFailure(error);
        bytes += failure.error.length;
        end = failure;
      }
      // What an item answers after it was told to stop is not its outcome.
      if (stop.signal.aborted) return;
      if (isLocal) end = toEndHere(end, block, put);
      if (isText(end) && isLarge(end)) {
        const text = end;
        end = await large.hold(() => storeOrRefuse(text, position, elementsOf, put));
      }
      reached.end(position, isText(end) ? end.toString() : end);
    };
    // Canceled, a block begins no other item: those in hand end by themselves, or by the stop signal.
    const isOver = (): boolean =>
      reached.begun === indexes.length ||
      reached.begun >= sharing.limit ||
      bytes >= MAX_BLOCK_BYTES ||
      context.cancellationSignal.aborted ||
      workMs() >= budgetMs;
    const lane = async (): Promise<void> => {
      let now = performance.now();
      let turnedAt = now;
      while (!isOver()) {
        const { begun } = reached;
        // Each report writes out all outcomes so far, so quick items share one.
        if (now - (reportedAt ?? startedAt) >= HEARTBEAT_MS) report();
        if (isLocal ? now - turnedAt >= LOCAL_TURN_MS : turns.isOver(now)) {
          await (isLocal ? nextTurn() : turns.next());
          turnedAt = now = performance.now();
        } else if (large.isFull && !isLocal) {
          await large.room();
          now = performance.now();
        } else if (isLocal || begun < beginnings.limit) {
          if (begun === 0) sharing.start();
          await runOne(reached.begin());
          const endedAt = performance.now();
          itemsMs += endedAt - now;
          pace.note(algorithmName, endedAt - now);
          now = endedAt;
          sharing.look(now);
        } else if (await beginnings.ask(() => reached.toOutcomes(), workMs() / begun)) now = performance.now();
        else return;
      }
    };

    const turns = allTurns.join();
    const startedAt = performance.now();
    const timer = setInterval(report, HEARTBEAT_MS);
    try {
      try {
        if (shared !== undefined && pace.isSlower(algorithmName, shared.afterMs)) await sharing.giveBackNow(width);
        const lanes = Array.from({ length: width }, lane);
        await Promise.race([Promise.all(lanes), aborted(stop.signal)]);
      } finally {
        stop.release();
        clearInterval(timer);
        await sharing.release();
      }
      if (!reached.areAll) throw blockInterrupted({ outcomes: reached.toOutcomes() });
      const passedMs = performance.now() - startedAt;
      if (isLocal && passedMs > WELL_UNDER_MS) context.log.warn('the algorithm is declared short', { ms: passedMs });
      return await reached.toBlockOutcome(Math.floor(isLocal ? passedMs : workMs()), inlineBytes, put);
    } finally {
      // Not before they are written down: until then all of them would run again.
      beginnings.close();
    }
  };
}

/** By two clocks: where they differ, the server is asked too often, or what is run twice is not prevented. */
function isLate({ info }: Context): boolean {
  return Date.now() - info.currentAttemptScheduledTimestampMs > LATE_MS;
}

function isText(end: JsonBody | ItemOutcome): end is JsonBody {
  return typeof end === 'string' || Buffer.isBuffer(end);
}

async function storeOrRefuse(
  text: JsonBody,
  position: number,
  elementsOf: BlockInput['elementsOf'],
  put: PutBlob | undefined,
): Promise<JsonBody | ItemOutcome> {
  if (put !== undefined) return await putOutput(text, position, elementsOf, put);
  return refuseLarge(Buffer.byteLength(text)) ?? text;
}

/** What an item has come to that the workflow runs itself: one that is not short has told nothing by that. */
function toEndHere(
  end: JsonBody | ItemOutcome,
  { itemTtlMs = Infinity }: BlockInput,
  put: PutBlob | undefined,
): JsonBody | ItemOutcome {
  if (end === EXPIRED && itemTtlMs > SHORT_MS) return TOO_LONG_HERE;
  const isTooLarge = put === undefined && isText(end) && Buffer.byteLength(end) > MAX_BYTES_HERE;
  return isTooLarge ? TOO_LARGE_HERE : end;
}

const NOTHING_BEGUN = { outcomes: [], durationMs: 0 };

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
