/** A pipeline as its caller writes it (contract §2). */
import type { Json } from './json';
import type { Triggers } from './triggers';

/** What is run again: nothing, what threw, what a lost worker left behind, or both. */
export type RetryPolicyName = 'Never' | 'OnError' | 'OnCrash' | 'Always';

/** One algorithm with its input: one task, or one for each item of a batch. */
export interface PipelineNode {
  /** Unique in the pipeline; other nodes refer to it as `@<nodeName>`. */
  readonly nodeName: string;
  /** The algorithm that runs, as workers name it. */
  readonly algorithmName: string;
  /** The arguments of the algorithm; see `input/parse.ts` for the grammar. Default `[]`. */
  readonly input?: readonly Json[];
  /** Only `algorithm` is served. Default `algorithm`. */
  readonly kind?: 'algorithm';
  /** Seconds that one task may work; 0 is no limit. Default 0. */
  readonly ttl?: number;
  /** What is run again after a failure, and how often. */
  readonly retry?: {
    /** Default `OnCrash`. */
    readonly policy?: RetryPolicyName;
    /** N allows 1 + N runs of a task. Default 3. */
    readonly limit?: number;
  };
  /** How several batch forms of one node combine. Default `indexed`. */
  readonly batchOperation?: 'indexed' | 'cartesian';
  /** Whether the outputs are part of the result though other nodes read them. Default false. */
  readonly includeInResults?: boolean;
}

/** A graph of nodes; references in their inputs are its edges. */
export interface Pipeline {
  /** At most 200 characters; the first part of the job ids. */
  readonly name: string;
  /** At least one. */
  readonly nodes: readonly PipelineNode[];
  /** What inputs refer to as `@flowInput`. */
  readonly flowInput?: Json;
  /** Who is told. */
  readonly webhooks?: {
    /** An http or https URL; gets events at and above `options.progressVerbosityLevel`. */
    readonly progress?: string;
    /** An http or https URL; gets one event, once the job has ended. */
    readonly result?: string;
  };
  /** What holds for the whole job. */
  readonly options?: {
    /** Percent of a batch's items whose failure fails the node. Default 80. */
    readonly batchTolerance?: number;
    /** Default `info`; `warning` is taken for `warn`. */
    readonly progressVerbosityLevel?: string;
    /** Seconds from submission; ≤ 0 is no limit. Default 3600. */
    readonly ttl?: number;
  };
  /** 1 is the strongest, 5 the weakest. Default 3. */
  readonly priority?: number;
  /** To search by. */
  readonly tags?: readonly string[];
  /** For people; Temporal Web shows it. */
  readonly description?: string;
  /** Only `batch` is served. Default `batch`. */
  readonly kind?: 'batch';
  /** What runs it by itself, once it is stored. */
  readonly triggers?: Triggers;
  /** What the job belongs to, to search by. Default `main`. */
  readonly experimentName?: string;
}

export const DEFAULTS = {
  batchTolerance: 80,
  progressVerbosityLevel: 'info',
  ttl: 3_600,
  priority: 3,
  experimentName: 'main',
  retry: { policy: 'OnCrash', limit: 3 },
} as const;
