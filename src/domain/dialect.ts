/**
 * What bodies look like: the contract's, or those of HKube's running code, for receivers and clients that were written
 * against it. A dialect is made of the contract's bodies where they leave; nothing inside knows any other.
 *
 * | contract | hkube |
 * |---|---|
 * | `progress: "33.30"`, `details: "33.30% completed, …"` | a number without padding, and so in the details |
 * | `activeNodes`, `tasks` | `states`, how many tasks are in each state |
 * | states `pending` and `creating` | both are `creating`, as HKube has no state between it and `active` |
 * | levels `trace`, `warn` | `debug`: HKube tells of nothing else below info, and warns of nothing |
 * | level `critical` | `error` |
 * | `batchID: "green#1"` | `batchIndex: 1` |
 * | no `data` where a job failed or was stopped | `data: null` in the webhook |
 * | `failures` | none: there is the first error, and the node |
 */
import { batchId, type BigData, type JobStatus, type ProgressBody, type ResultBody, type ResultEntry } from './events';
import { utf8Length, type Json } from './json';
import type { TaskStatus } from './progress';
import { entryHead, type ResultPart } from './result-parts';
import type { Level } from './verbosity';

export const DIALECTS = ['contract', 'hkube'] as const;

/** `contract` is ours, `hkube` that of HKube's running code. */
export type Dialect = (typeof DIALECTS)[number];

/** The states that HKube's tasks have. */
export type HkubeTaskStatus = Exclude<TaskStatus, 'pending'>;

/** The progress webhook as HKube sends it. */
export interface HkubeProgressBody {
  readonly jobId: string;
  readonly timestamp: string;
  readonly pipeline: string;
  readonly level: Level;
  readonly status: JobStatus;
  readonly data?: {
    readonly progress: number;
    readonly states: Readonly<Partial<Record<HkubeTaskStatus, number>>>;
    readonly details: string;
  };
  readonly error?: string;
  readonly nodeName?: string;
  readonly reason?: string;
  /** Seconds; only where completed, as is the next. Nothing is queued here, so both tell the same. */
  readonly netTimeTook?: number;
  readonly grossTimeTook?: number;
}

export interface HkubeResultEntry {
  readonly nodeName: string;
  /** From 1; absent where the node is no batch. */
  readonly batchIndex?: number;
  readonly algorithmName: string;
  readonly result?: Json;
  /** With HKube's own words where there is room for them. */
  readonly info?: BigData & { readonly message?: string };
  readonly error?: string;
}

/** The result webhook as HKube sends it. */
export interface HkubeResultBody {
  readonly jobId: string;
  readonly timestamp: string;
  readonly pipeline: string;
  readonly status: ResultBody['status'];
  /** Null unless completed. */
  readonly data: readonly HkubeResultEntry[] | null;
  readonly error?: string;
  readonly nodeName?: string;
  readonly reason?: string;
  /** Seconds since it was submitted. */
  readonly timeTook: number;
}

/** What `GET /exec/status` answers: the same with times as numbers. */
export type HkubeStatus = Omit<HkubeProgressBody, 'timestamp'> & {
  readonly timestamp: number;
  readonly startTime: number;
};

/** What `GET /exec/results` answers. */
export type HkubeResults = Omit<HkubeResultBody, 'timestamp' | 'data'> & {
  readonly timestamp: number;
  readonly startTime: number;
  /** Null where it failed, absent where it was stopped. */
  readonly data?: readonly HkubeResultEntry[] | null;
};

/** @param submittedAt epoch milliseconds */
export function toHkubeProgress(body: ProgressBody, submittedAt: number): HkubeProgressBody {
  const { jobId, timestamp, pipeline, level, status, data, error, nodeName, reason } = body;
  const took = secondsBetween(submittedAt, timestamp);
  return {
    jobId,
    timestamp,
    pipeline,
    level: hkubeLevel(level),
    status,
    ...(data && { data: toHkubeData(data.progress, data.details) }),
    ...(error !== undefined && { error }),
    ...(nodeName !== undefined && { nodeName }),
    ...(reason !== undefined && { reason }),
    ...(status === 'completed' && { netTimeTook: took, grossTimeTook: took }),
  };
}

/** The level that HKube would tell of the same. */
export function hkubeLevel(level: Level): Level {
  if (level === 'trace' || level === 'warn') return 'debug';
  return level === 'critical' ? 'error' : level;
}

/** @param submittedAt epoch milliseconds */
export function toHkubeStatus(body: ProgressBody, submittedAt: number): HkubeStatus {
  return {
    ...toHkubeProgress(body, submittedAt),
    timestamp: Date.parse(body.timestamp),
    startTime: submittedAt,
  };
}

/** @param submittedAt epoch milliseconds */
export function toHkubeResult(body: ResultBody, submittedAt: number): HkubeResultBody {
  const { jobId, timestamp, pipeline, status, data, error, nodeName, reason } = body;
  return {
    jobId,
    timestamp,
    pipeline,
    status,
    data: data?.map(toHkubeEntry) ?? null,
    ...(error !== undefined && { error }),
    ...(nodeName !== undefined && { nodeName }),
    ...(reason !== undefined && { reason }),
    timeTook: secondsBetween(submittedAt, timestamp),
  };
}

/** @param submittedAt epoch milliseconds */
export function toHkubeResults(body: ResultBody, submittedAt: number): HkubeResults {
  const { data, ...rest } = toHkubeResult(body, submittedAt);
  return {
    ...rest,
    timestamp: Date.parse(body.timestamp),
    startTime: submittedAt,
    ...(body.status !== 'stopped' && { data }),
  };
}

/** One entry of the data. */
export function toHkubeEntry(entry: ResultEntry): HkubeResultEntry {
  const { nodeName, batchID, ...rest } = entry;
  return { nodeName, ...(batchID !== undefined && { batchIndex: indexOf(batchID) }), ...rest };
}

/** An entry that is read from where its outcome lies. The same as {@link entryHead} makes it, in the dialect. */
export function headIn(dialect: Dialect): (part: ResultPart, index: number) => HkubeResultEntry | ResultEntry {
  return dialect === 'hkube' ? (part, index) => toHkubeEntry(entryHead(part, index)) : entryHead;
}

/**
 * The text of the result webhook. It has HKube's words on large results where it is no longer with them than `limit`.
 *
 * @param text of the contract's body
 * @param submittedAt epoch milliseconds
 * @param limit in bytes
 */
export function toHkubeResultText(text: string, submittedAt: number, limit: number): string {
  const body = toHkubeResult(JSON.parse(text) as ResultBody, submittedAt);
  const plain = JSON.stringify(body);
  if (body.data?.some(({ info }) => info !== undefined) !== true) return plain;
  const wordy = JSON.stringify({ ...body, data: body.data.map(withMessage) });
  return utf8Length(wordy) <= limit ? wordy : plain;
}

/**
 * The contract's body, by one that was sent in either dialect.
 *
 * @returns without `failures` where it was HKube's
 */
export function fromSentResult(sent: ResultBody | HkubeResultBody): ResultBody {
  if (!('timeTook' in sent)) return sent;
  const { jobId, timestamp, pipeline, status, data, error, nodeName, reason } = sent;
  return {
    jobId,
    timestamp,
    pipeline,
    status,
    ...(data !== null && { data: data.map(fromHkubeEntry) }),
    ...(error !== undefined && { error }),
    ...(nodeName !== undefined && { nodeName }),
    ...(reason !== undefined && { reason }),
  };
}

function fromHkubeEntry({ nodeName, batchIndex, info, ...rest }: HkubeResultEntry): ResultEntry {
  return {
    nodeName,
    ...(batchIndex !== undefined && { batchID: batchId(nodeName, batchIndex - 1) }),
    ...rest,
    ...(info && { info: { isBigData: info.isBigData, size: info.size, url: info.url } }),
  };
}

function withMessage(entry: HkubeResultEntry): HkubeResultEntry {
  const { info } = entry;
  if (info === undefined) return entry;
  return { ...entry, info: { ...info, message: `data too large (${prettySize(info.size)}), use the stream api` } };
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `532.1 KB`. */
function prettySize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1_024 && unit < UNITS.length - 1) [size, unit] = [size / 1_024, unit + 1];
  return `${String(Math.round(size * 10) / 10)} ${UNITS[unit] ?? ''}`;
}

/** By the details, which name every state that has tasks. */
function toHkubeData(progress: string, details: string): NonNullable<HkubeProgressBody['data']> {
  const states: Partial<Record<HkubeTaskStatus, number>> = {};
  for (const [, count, status] of details.matchAll(/, (\d+) (\w+)/g)) {
    const known = status === 'pending' ? 'creating' : (status as HkubeTaskStatus);
    states[known] = (states[known] ?? 0) + Number(count);
  }
  const percent = Number(progress);
  const counts = Object.entries(states).map(([status, count]) => `${String(count)} ${status}`);
  return { progress: percent, states, details: [`${String(percent)}% completed`, ...counts].join(', ') };
}

function indexOf(batchID: string): number {
  return Number(batchID.slice(batchID.lastIndexOf('#') + 1));
}

function secondsBetween(from: number, timestamp: string): number {
  return Math.max(0, Date.parse(timestamp) - from) / 1_000;
}
