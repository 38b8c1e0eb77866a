/** A pipeline as its caller writes it (contract §2). */
import type { Json } from './json';
import type { Triggers } from './triggers';

/** What is run again: nothing, what threw, what a lost worker left behind, or both. */
export type RetryPolicyName = 'Never' | 'OnError' | 'OnCrash' | 'Always';

/** What a node does: run an algorithm, run a stored pipeline in its place, or answer its input. */
export type NodeKind = 'algorithm' | 'pipeline' | 'output';

/** One algorithm with its input: one task, or one for each item of a batch. */
export interface PipelineNode {
  /** Unique in the pipeline; other nodes refer to it as `@<nodeName>`. */
  readonly nodeName: string;
  /** The algorithm that runs, as workers name it. Required where the kind is `algorithm`. */
  readonly algorithmName?: string;
  /**
   * The arguments of the algorithm; see `input/parse.ts` for the grammar. Of a `pipeline` the first is what the nodes of
   * that pipeline read as `@flowInput`. Default `[]`; of a `pipeline` the flow input that is stored with it.
   */
  readonly input?: readonly Json[];
  /**
   * `pipeline`: the nodes of a stored pipeline stand in its place, named `<this node>-<their own>`, once it is started by
   * its facade. Who reads `@<this node>` gets the output of its sink, or of several sinks an array of theirs in their order.
   * `output`: answers its input; one at most, which others do not read. Default `algorithm`.
   */
  readonly kind?: NodeKind;
  /** Of a `pipeline`: which one. */
  readonly spec?: {
    /** As it is stored. */
    readonly name?: string;
  };
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
  /** Of a node that came from another pipeline: its name there. Whoever starts a job writes it. */
  readonly origName?: string;
}

/** An order between two nodes, of which the later one need not read the earlier. */
export interface PipelineEdge {
  /** The node that ends first. */
  readonly source: string;
  /** The node that waits for it. */
  readonly target: string;
}

/** How many jobs of one pipeline and experiment may run at a time. */
export interface ConcurrentPipelines {
  /** So many at most. Each job is judged by the amount that it was started with itself. */
  readonly amount: number;
  /** Whether one too many is refused; otherwise it stays pending until its turn has come. Default true. */
  readonly rejectOnFailure?: boolean;
}

/** A graph of nodes; references in their inputs are its edges. */
export interface Pipeline {
  /** At most 200 characters; the first part of the job ids. */
  readonly name: string;
  /** At least one. */
  readonly nodes: readonly PipelineNode[];
  /** Orders without data, besides those by the nodes' inputs. */
  readonly edges?: readonly PipelineEdge[];
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
    /** Seconds from when the job was first active, pauses included. Default: no limit, as with null. */
    readonly activeTtl?: number | null;
    /** Default: as many as are started. */
    readonly concurrentPipelines?: ConcurrentPipelines;
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

/** The names of the algorithms that a pipeline runs, each once. */
export function algorithmsOf({ nodes }: Pick<Pipeline, 'nodes'>): string[] {
  const names = nodes.flatMap(({ kind = 'algorithm', algorithmName }) => {
    return kind === 'algorithm' && algorithmName !== undefined ? [algorithmName] : [];
  });
  return [...new Set(names)];
}

/** The name by which the results tell of a node of kind `output`. */
export const OUTPUT = 'output';
