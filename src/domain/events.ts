/** The bodies of both webhooks, which are also what polling and queries answer (contract §4 and §5). */
import type { Json } from './json';
import type { TaskStatus } from './progress';
import type { Level } from './verbosity';

/** Terminal are `completed`, `failed` and `stopped`; `resumed` is active again after a pause. */
export type JobStatus = 'pending' | 'active' | 'paused' | 'resumed' | 'completed' | 'failed' | 'stopped';

export const TERMINAL_STATUSES: readonly JobStatus[] = ['completed', 'failed', 'stopped'];

/** A node that has started and not ended. */
export interface ActiveNode {
  /** As in the pipeline. */
  readonly nodeName: string;
  /** As in the pipeline. */
  readonly algorithmName: string;
  /** Only where the node is a batch. */
  readonly batch?: {
    /** Items that have started, done ones included. */
    readonly active: number;
    /** All items. */
    readonly total: number;
  };
}

/** A task that has changed its state since the last event that told of tasks. */
export interface TaskChange {
  /** As in the pipeline. */
  readonly nodeName: string;
  /** `<nodeName>#<1-based index>`; absent where the node is no batch. */
  readonly batchID?: string;
  /** Its new state. */
  readonly status: TaskStatus;
  /** Why it failed, or is run again. */
  readonly error?: string;
}

/** What a progress webhook carries, and `GET /exec/status`. Keys are in the order in which they are written. */
export interface ProgressBody {
  /** `<pipeline name>:<uuid>`. */
  readonly jobId: string;
  /** When the event happened: ISO 8601 UTC with milliseconds. */
  readonly timestamp: string;
  /** The pipeline's name. */
  readonly pipeline: string;
  /** How much the event matters; a subscriber gets those at and above its own level. */
  readonly level: Level;
  /** Of the job at that time. */
  readonly status: JobStatus;
  /** Absent before the first task is known: in `pending` and the first `active`. */
  readonly data?: {
    /** Percent with two decimals. */
    readonly progress: string;
    /** `33.33% completed, 4 succeed, 2 active, …`: the counts of tasks by state, those that are not zero. */
    readonly details: string;
    /** Only at debug and trace, and only where not empty. */
    readonly activeNodes?: readonly ActiveNode[];
  };
  /** Why the job failed; only where it did. */
  readonly error?: string;
  /** The node that failed the job, where one did. */
  readonly nodeName?: string;
  /** Why the job was stopped; only where it was. */
  readonly reason?: string;
  /** At most 1,000, and as many as fit into half a megabyte of a request, failures first; only at `trace` and `warn`, and in the last event of a trace subscriber. */
  readonly tasks?: readonly TaskChange[];
}

/** What stands for a value that is too large for a body. */
export interface BigData {
  readonly isBigData: true;
  /** Of the value as JSON, in bytes. */
  readonly size: number;
  /** Where a GET answers the value. */
  readonly url: string;
}

/** The outcome of one task; with `info` and no `batchID` it may be that of all tasks of a node. */
export interface ResultEntry {
  /** As in the pipeline. */
  readonly nodeName: string;
  /** `<nodeName>#<1-based index>`; absent where the node is no batch. */
  readonly batchID?: string;
  /** As in the pipeline. */
  readonly algorithmName: string;
  /** Absent where the task failed within its tolerance. */
  readonly result?: Json;
  /** Instead of `result`, in a webhook over its limit: where to read it. */
  readonly info?: BigData;
  /** Why it failed; absent where it succeeded. */
  readonly error?: string;
}

/** A task that failed. */
export interface FailedTask {
  /** As in the pipeline. */
  readonly nodeName: string;
  /** `<nodeName>#<1-based index>`; absent where the node is no batch. */
  readonly batchID?: string;
  /** What the algorithm threw, at most 4,000 characters of it. */
  readonly error: string;
}

/** What the result webhook carries, and `GET /exec/results`. */
export interface ResultBody {
  /** `<pipeline name>:<uuid>`. */
  readonly jobId: string;
  /** When the job ended: ISO 8601 UTC with milliseconds. */
  readonly timestamp: string;
  /** The pipeline's name. */
  readonly pipeline: string;
  /** How the job ended. */
  readonly status: 'completed' | 'failed' | 'stopped';
  /** Only where completed. */
  readonly data?: readonly ResultEntry[];
  /** Why the job failed; only where failed. */
  readonly error?: string;
  /** The node that failed the job, where one did. */
  readonly nodeName?: string;
  /** The first ten failed tasks; only where failed. */
  readonly failures?: readonly FailedTask[];
  /** Only where stopped. */
  readonly reason?: string;
}

export function formatTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** @param index 0-based */
export function batchId(nodeName: string, index: number): string {
  return `${nodeName}#${String(index + 1)}`;
}

/** Drops the keys whose value is undefined, keeping the order of the others. */
export function compact<T extends object>(body: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as T;
}
