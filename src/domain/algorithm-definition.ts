/** An algorithm as `POST /store/algorithms` takes it, and where it is run (contract §10). */
import type { Json } from './json';

export interface AlgorithmDefinition {
  /** At most 32 characters: lower-case alphanumeric, dash or dot. */
  readonly name: string;
  /** An endpoint that is POSTed an item's arguments; `timeout` in seconds, default 60. */
  readonly http?: { readonly url: string; readonly timeout?: number };
  /**
   * An activity of any Temporal worker, in any language. One that heartbeats names the longest time between two of them in
   * `heartbeatTimeout`, in seconds: without, that its worker was lost is known by the node's ttl alone.
   */
  readonly activity?: { readonly taskQueue: string; readonly type: string; readonly heartbeatTimeout?: number };
  /** Kept for HKube's clients; a worker that announces the name runs it. */
  readonly algorithmImage?: string;
  /** What HKube's clients send besides (cpu, mem, …) is kept and not used. */
  readonly [other: string]: Json | undefined;
}

/** The ways to say where an algorithm is: a definition has one of them. */
export const HOMES = ['http', 'activity', 'algorithmImage'] as const;

/** Where the items of one algorithm are run. A job is started with one for each algorithm that it uses. */
export type AlgorithmHome =
  /** A worker of ours that announced the name, by its task queue; `short` (contract §10) only where that is the job's own. */
  | { readonly kind: 'worker'; readonly taskQueue: string; readonly short?: boolean }
  | { readonly kind: 'http'; readonly url: string; readonly timeoutMs: number }
  | {
      readonly kind: 'activity';
      readonly taskQueue: string;
      readonly type: string;
      readonly heartbeatTimeoutMs?: number;
    };
