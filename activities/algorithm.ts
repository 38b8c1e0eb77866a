/** What a team writes: an algorithm, as a function or with its options (contract §10). */
import type { ItemArgs } from '../src/domain/block';
import type { Json } from '../src/domain/json';

/** What an algorithm is called with, one task at a time. */
export interface AlgorithmArgs<Input extends readonly unknown[] = readonly Json[]> extends Omit<ItemArgs, 'input'> {
  /** The node's input with every reference resolved. */
  readonly input: Input;
}

/** Writes to the worker's log; each line carries the job, the node and the task. */
export interface AlgorithmLog {
  /** What is worth knowing. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What somebody should look at some time. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** What somebody should look at now. */
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What an algorithm may need of its surroundings. */
export interface AlgorithmContext {
  /** Aborted when the job is stopped, the item's ttl has passed, or the worker shuts down. */
  readonly signal: AbortSignal;
  /** Tells the server that the item is alive; it is told by itself as long as the event loop turns. */
  heartbeat(details?: Json): void;
  /** The worker's log. */
  readonly log: AlgorithmLog;
  /** Which run of this item it is, 1-based. */
  readonly attempt: number;
}

/** What it throws is the task's error; what it returns must be JSON, where undefined is null. */
export type AlgorithmFunction = (args: AlgorithmArgs, context: AlgorithmContext) => unknown;

/** An algorithm with what the worker should know about it. */
export interface AlgorithmOptions {
  /** The algorithm itself. */
  readonly run: AlgorithmFunction;
  /** How many items of one block run at a time. Default 1. */
  readonly concurrency?: number;
  /**
   * How many items of a batch ride in one block, from 1 to 10,000, instead of as many as their measured time suggests: one
   * block is what a worker takes at a time, and what it holds in hand. A block has fewer at the end of a batch and where
   * what it is given or answers is large. What runs again rides alone, as does every item under the retry policies `Never`
   * and `OnError`; what `short` says of small nodes goes first. Default: chosen by the engine.
   */
  readonly blockSize?: number;
  /**
   * Runs each item in a worker thread, so that code that never yields neither blocks heartbeats nor outlives ttl or stop.
   * A module must export the algorithm, since the thread loads it from there; a thread costs some 50 ms. Default false.
   */
  readonly thread?: boolean;
  /**
   * Promises that an item takes well under a second. The items of a node that has 16 or fewer then run at once, in a
   * Temporal local activity of the worker that runs their job and beside its slots, which halves the latency of a small
   * job. One that takes more than a second all the same is aborted and runs again, as after a crash. Only under the retry
   * policies `OnCrash` and `Always`, and not with `thread`. Default false.
   */
  readonly short?: boolean;
}

/** A function is the short form of `{ run }`. */
export type Algorithm = AlgorithmFunction | AlgorithmOptions;

/** By algorithm name: the default export of a module named in `ALGORITHMS`. */
export type Algorithms = Readonly<Record<string, Algorithm>>;
