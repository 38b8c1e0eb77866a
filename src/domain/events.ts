/** The bodies of both webhooks, which are also what polling and queries answer (contract §4 and §5). */
import type { Json } from './json';
import type { TaskStatus } from './progress';
import type { Level } from './verbosity';

export type JobStatus = 'pending' | 'active' | 'paused' | 'resumed' | 'completed' | 'failed' | 'stopped';

export const TERMINAL_STATUSES: readonly JobStatus[] = ['completed', 'failed', 'stopped'];

export interface ActiveNode {
  readonly nodeName: string;
  readonly algorithmName: string;
  /** `active` counts the items that have started, done ones included; `total` all of them. */
  readonly batch?: { readonly active: number; readonly total: number };
}

export interface TaskChange {
  readonly nodeName: string;
  /** `<nodeName>#<1-based index>`; absent where the node is no batch. */
  readonly batchID?: string;
  readonly status: TaskStatus;
  readonly error?: string;
}

/** What a progress webhook carries, and `GET /exec/status`. Keys are in the order in which they are written. */
export interface ProgressBody {
  readonly jobId: string;
  /** When the event happened: ISO 8601 UTC with milliseconds. */
  readonly timestamp: string;
  readonly pipeline: string;
  readonly level: Level;
  readonly status: JobStatus;
  readonly data?: {
    /** Percent with two decimals. */
    readonly progress: string;
    readonly details: string;
    /** Only at debug and trace, and only where not empty. */
    readonly activeNodes?: readonly ActiveNode[];
  };
  readonly error?: string;
  readonly nodeName?: string;
  readonly reason?: string;
  readonly tasks?: readonly TaskChange[];
}

export interface ResultEntry {
  readonly nodeName: string;
  readonly batchID?: string;
  readonly algorithmName: string;
  /** Absent where the task failed within its tolerance. */
  readonly result?: Json;
  readonly error?: string;
}

export interface FailedTask {
  readonly nodeName: string;
  readonly batchID?: string;
  readonly error: string;
}

/** What the result webhook carries, and `GET /exec/results`. */
export interface ResultBody {
  readonly jobId: string;
  readonly timestamp: string;
  readonly pipeline: string;
  readonly status: 'completed' | 'failed' | 'stopped';
  /** Only where completed. */
  readonly data?: readonly ResultEntry[];
  readonly error?: string;
  readonly nodeName?: string;
  /** The first ten failed tasks; only where failed. */
  readonly failures?: readonly FailedTask[];
  /** Only where stopped. */
  readonly reason?: string;
}

/** How a job ended: both bodies. The workflow's result, or the details of its failure. */
export interface JobRecord {
  readonly status: ProgressBody;
  readonly results: ResultBody;
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
