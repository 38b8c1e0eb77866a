/** A pipeline as its caller writes it (contract §2). */
import type { Json } from './json';

export type RetryPolicyName = 'Never' | 'OnError' | 'OnCrash' | 'Always';

export interface PipelineNode {
  readonly nodeName: string;
  readonly algorithmName: string;
  /** The arguments of the algorithm; see `input/parse.ts` for the grammar. Default `[]`. */
  readonly input?: readonly Json[];
  /** Only `algorithm` is served. Default `algorithm`. */
  readonly kind?: 'algorithm';
  /** Seconds that one task may work; 0 is no limit. Default 0. */
  readonly ttl?: number;
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

export interface Pipeline {
  readonly name: string;
  readonly nodes: readonly PipelineNode[];
  readonly flowInput?: Json;
  readonly webhooks?: { readonly progress?: string; readonly result?: string };
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
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly kind?: 'batch';
  readonly triggers?: Json;
}

export const DEFAULTS = {
  batchTolerance: 80,
  progressVerbosityLevel: 'info',
  ttl: 3_600,
  priority: 3,
  retry: { policy: 'OnCrash', limit: 3 },
} as const;
