/** A stored pipeline that Temporal has started, with nobody there who could be told of an error. */

import type { Pipeline } from './pipeline';

/** What is known of stored pipelines to whoever starts them. */
export interface StoredPipelines {
  /** @returns the pipeline of that name, or undefined where there is none */
  get(name: string): Promise<Pipeline | undefined>;
  /** @returns the names of the pipelines whose `triggers.pipelines` have that name */
  triggeredBy(name: string): Promise<readonly string[]>;
}

/** Which one, and why. */
export interface StoredStart {
  readonly name: string;
  /** The same key starts it once, whoever asks and however often. */
  readonly key: string;
  readonly kind: 'cron' | 'trigger';
  /** The job whose end has triggered it. */
  readonly parent?: TriggeringJob;
}

/** A job that has completed, as far as those that it triggers need to know. */
export interface TriggeringJob {
  readonly jobId: string;
  readonly rootJobId: string;
  readonly tags: readonly string[];
  /** The names of the pipelines that have led here, its own the last. */
  readonly chain: readonly string[];
}

/** What the workflow `triggerPipelines` is started with. */
export interface TriggerInput {
  readonly parent: TriggeringJob;
  /** Of the parent: no other job has it, whatever its id. */
  readonly firstRunId: string;
}

/** @returns those that may be started, and those that have led to it themselves */
export function splitByChain(
  names: readonly string[],
  chain: readonly string[],
): { readonly free: readonly string[]; readonly cyclic: readonly string[] } {
  return {
    free: names.filter((name) => !chain.includes(name)),
    cyclic: names.filter((name) => chain.includes(name)),
  };
}
