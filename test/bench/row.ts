/** What a benchmark consists of: groups of variants that run in turn, and the rows that are made of their samples. */
import type { Rig } from './rig';

/** What one run of a variant came to. */
export interface Sample {
  /** Until the result was read and checked in full; of many jobs one by one, the median of theirs. */
  readonly ms: number;
  /** What is counted by the second, or spread the cost over: items or jobs. */
  readonly count: number;
  /** Of the Temporal server and the worker together. */
  readonly cpuSeconds?: number;
  /** The most memory that the worker had resident. */
  readonly peakBytes?: number;
  /** Of all executions that the run has started. */
  readonly events?: number;
}

/** One way of doing the work. */
export interface Variant {
  readonly name: string;
  readonly run: (rig: Rig) => Promise<Sample>;
}

/** A line of the table: a value of one variant, by itself or divided by the same of another in the same repetition. */
export interface Row {
  readonly what: string;
  /** The names of variants of its group. */
  readonly of: string;
  readonly against?: string;
  readonly value: (sample: Sample) => number;
  readonly unit: string;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
}

/** A line for what can not be measured yet. */
export interface MissingRow {
  readonly what: string;
  readonly target: Row['target'];
  readonly missing: string;
}

export interface Group {
  readonly name: string;
  /** Of the workers of both sides. Default 100. */
  readonly slots?: number;
  readonly variants: readonly Variant[];
  readonly rows: readonly (Row | MissingRow)[];
  /** Variants that do not fail within it have failed. Default 60 s. */
  readonly runTimeoutMs?: number;
  /** Default: that of the whole run. */
  readonly repetitions?: number;
  /** Each run in workers that have done nothing before, so that memory is that run's. Default false. */
  readonly freshWorkers?: boolean;
}

/** How large the benchmark is. */
export interface Scale {
  readonly quick: boolean;
  readonly repetitions: number;
}

/** By variant, one a repetition; or why there are none. */
export type Samples = ReadonlyMap<string, readonly Sample[] | Error>;

export const perSecond = ({ count, ms }: Sample): number => (count * 1_000) / ms;
export const milliseconds = ({ ms }: Sample): number => ms;
export const millisecondsEach = ({ count, ms }: Sample): number => ms / count;

/**
 * Of what differs by a tenth from one run to the next, a median of five does by half of it.
 *
 * @returns the repetitions of such a group
 */
export const repeated = ({ quick, repetitions }: Scale, times: number): number => (quick ? repetitions : times);
