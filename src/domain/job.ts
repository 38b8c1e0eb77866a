/** The state of one job, and what can be read from it. Changed by `schedule.ts` alone. */
import type { Expansion } from './batch';
import { isFailure, type ItemOutcome } from './block';
import {
  batchId,
  compact,
  formatTimestamp,
  TERMINAL_STATUSES,
  type ActiveNode,
  type FailedTask,
  type JobRecord,
  type JobStatus,
  type ProgressBody,
  type ResultBody,
  type ResultEntry,
  type TaskChange,
} from './events';
import type { Json } from './json';
import type { NodePlan } from './graph';
import type { NodeOutput } from './input/resolve';
import { createOutbox, type Outbox } from './outbox';
import { DEFAULTS, type Pipeline } from './pipeline';
import { formatDetails, formatProgress, noTasks, type TaskCounts } from './progress';
import type { JobSettings } from './settings';
import { parseLevel, type Level } from './verbosity';

/** A task that is not run, since the item that it waits for has failed. */
export const SKIPPED = { skipped: true } as const;

export type TaskOutcome = ItemOutcome | typeof SKIPPED;

export interface NodeState {
  readonly plan: NodePlan;
  /** The nodes whose output it reads. */
  readonly parents: NodeState[];
  /** The nodes that read its own. */
  readonly children: NodeState[];
  phase: 'creating' | 'open' | 'done';
  expansion: Expansion | undefined;
  width: number;
  /** How its tasks ended, by 0-based index. */
  outcomes: (TaskOutcome | undefined)[];
  counts: TaskCounts;
  /** The first index that was never handed out; unused where there is a wait-any parent. */
  next: number;
  /** With a wait-any parent: the items that wait for nothing more and were never handed out. */
  released: number[];
  /** With a wait-any parent: how many parents' items each item waits for. */
  waitsFor: number[];
  /** Items that were handed out and not begun. */
  givenBack: number[];
  /** Items that run again, each in a block of its own. */
  retries: number[];
  /** Items that were lost more than once: they run again one at a time, so that the one that kills its worker is alone. */
  suspects: number[];
  /** How often an item has run, for those that failed and run again. */
  runs: Record<number, number>;
  blocksInFlight: number;
  measured: { items: number; ms: number };
}

export interface BlockInFlight {
  readonly node: NodeState;
  readonly indexes: readonly number[];
  readonly attempt: number;
  /** Whether it is the one item that may be what kills its workers. */
  readonly isSuspect: boolean;
  /** The size of its arguments. */
  readonly bytes: number;
}

export interface Job {
  readonly jobId: string;
  readonly pipeline: Pipeline;
  readonly settings: JobSettings;
  status: JobStatus;
  readonly nodes: readonly NodeState[];
  /** Every task of the job, by status. */
  readonly counts: TaskCounts;
  blocks: Map<number, BlockInFlight>;
  /** Whether nothing more is handed out, as the workflow is about to continue as a new run. */
  draining: boolean;
  nextBlockId: number;
  outbox: Outbox;
  /** The event that a debug subscriber would have got last. */
  last: { level: Level; at: number; hasData: boolean; status?: JobStatus; tasks?: readonly TaskChange[] };
  failures: FailedTask[];
  /** How the job ended, once it has. */
  record: JobRecord | undefined;
}

export function createJob(
  jobId: string,
  pipeline: Pipeline,
  plans: readonly NodePlan[],
  settings: JobSettings,
  at: number,
): Job {
  const level = parseLevel(pipeline.options?.progressVerbosityLevel ?? DEFAULTS.progressVerbosityLevel) ?? 'info';
  return {
    jobId,
    pipeline,
    settings,
    status: 'pending',
    nodes: createNodes(plans),
    counts: { ...noTasks(), creating: plans.length },
    blocks: new Map(),
    draining: false,
    nextBlockId: 1,
    outbox: createOutbox(level, settings.progressIntervalMs),
    last: { level: 'info', at, hasData: false },
    failures: [],
    record: undefined,
  };
}

function createNodes(plans: readonly NodePlan[]): NodeState[] {
  const nodes = new Map(plans.map((plan) => [plan.nodeName, createNode(plan)]));
  for (const node of nodes.values()) {
    for (const parent of node.plan.parents.flatMap((name) => nodes.get(name) ?? [])) {
      node.parents.push(parent);
      parent.children.push(node);
    }
  }
  return [...nodes.values()];
}

function createNode(plan: NodePlan): NodeState {
  return {
    plan,
    parents: [],
    children: [],
    phase: 'creating',
    expansion: undefined,
    width: 1,
    outcomes: [],
    counts: { ...noTasks(), creating: 1 },
    next: 0,
    released: [],
    waitsFor: [],
    givenBack: [],
    retries: [],
    suspects: [],
    runs: {},
    blocksInFlight: 0,
    measured: { items: 0, ms: 0 },
  };
}

export function isEnded(job: Job): boolean {
  return TERMINAL_STATUSES.includes(job.status);
}

export function taskId(node: NodeState, index: number): { nodeName: string; batchID?: string } {
  const { nodeName, isBatch } = node.plan;
  return isBatch ? { nodeName, batchID: batchId(nodeName, index) } : { nodeName };
}

/** @returns undefined for a task that has not succeeded */
export function resultOf(outcome: TaskOutcome | undefined): Json | undefined {
  return outcome !== undefined && 'result' in outcome ? outcome.result : undefined;
}

/** The output that other nodes read; only asked for once the node is done. */
export function outputOf(node: NodeState): NodeOutput {
  const values = node.outcomes.map(resultOf);
  return node.plan.isBatch ? { kind: 'batch', values } : { kind: 'single', value: values[0] ?? null };
}

/** The nodes that have started and not ended. */
function activeNodes(job: Job): ActiveNode[] {
  return job.nodes.flatMap(({ plan, phase, counts, retries, suspects, width }) => {
    const active = counts.active + counts.succeed + counts.failed + retries.length + suspects.length;
    if (phase !== 'open' || active === 0) return [];
    const node = { nodeName: plan.nodeName, algorithmName: plan.algorithmName };
    return [plan.isBatch ? { ...node, batch: { active, total: width } } : node];
  });
}

/** The body of a progress event as the job stands. */
export function progressBody(
  job: Job,
  event: { level: Level; at: number; hasData: boolean; status?: JobStatus } & Pick<
    ProgressBody,
    'error' | 'nodeName' | 'reason' | 'tasks'
  >,
): ProgressBody {
  const detailed = event.level === 'debug' || event.level === 'trace';
  const nodes = detailed ? activeNodes(job) : [];
  return compact<ProgressBody>({
    jobId: job.jobId,
    timestamp: formatTimestamp(event.at),
    pipeline: job.pipeline.name,
    level: event.level,
    status: event.status ?? job.status,
    data: event.hasData
      ? {
          progress: formatProgress(job.counts),
          details: formatDetails(job.counts),
          ...(nodes.length > 0 && { activeNodes: nodes }),
        }
      : undefined,
    error: event.error,
    nodeName: event.nodeName,
    reason: event.reason,
    tasks: event.tasks,
  });
}

/** What `GET /exec/status` and the query `status` answer: what a debug subscriber would have got last. */
export function currentStatus(job: Job): ProgressBody {
  return job.record?.status ?? progressBody(job, job.last);
}

/** One entry per task of every sink and every node with `includeInResults`, in node order, then index order; none for a skipped one. */
function resultEntries(job: Job): ResultEntry[] {
  return job.nodes
    .filter((node) => node.plan.included)
    .flatMap((node) =>
      node.outcomes.flatMap((outcome, index): ResultEntry[] => {
        if (outcome === undefined || 'skipped' in outcome) return [];
        return [{ ...taskId(node, index), algorithmName: node.plan.algorithmName, ...answerOf(outcome) }];
      }),
    );
}

function answerOf(outcome: ItemOutcome): Pick<ResultEntry, 'result' | 'error'> {
  return isFailure(outcome) ? { error: outcome.error } : { result: outcome.result };
}

/** The body of the result of a job that has ended as `ending` says. */
export function resultBody(
  job: Job,
  ending: { status: ResultBody['status']; at: number } & Pick<ResultBody, 'error' | 'nodeName' | 'reason'>,
): ResultBody {
  return compact<ResultBody>({
    jobId: job.jobId,
    timestamp: formatTimestamp(ending.at),
    pipeline: job.pipeline.name,
    status: ending.status,
    data: ending.status === 'completed' ? resultEntries(job) : undefined,
    error: ending.error,
    nodeName: ending.nodeName,
    failures: ending.status === 'failed' ? job.failures : undefined,
    reason: ending.reason,
  });
}
