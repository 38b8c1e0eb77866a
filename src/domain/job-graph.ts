/** How the nodes of a job stand, and some of their items: what is asked of a running job, and read from one that has ended. */
import { isEnded, type Job, type NodeState } from './job';
import type { NodePlan } from './graph';
import { edgesOf, type GraphEdge } from './graph-edges';
import type { TaskCounts, TaskStatus } from './progress';
import { toText } from './text';

/** Which items are asked for. */
export interface ItemQuery {
  /** Of this node alone. Default: of all. */
  readonly node?: string;
  /** Default: by their index. */
  readonly sort?: 'batchIndex' | 'status';
  /** Default `asc`. */
  readonly order?: 'asc' | 'desc';
  /** The first of them, 0-based. Default 0. */
  readonly from?: number;
  /** The first behind them. Default: as many as are told at a time. */
  readonly to?: number;
}

/** One task of a batch. */
export interface GraphItem {
  /** 1-based. */
  readonly batchIndex: number;
  /** How it stands. */
  readonly status: TaskStatus;
  /** Why it failed, cut short. */
  readonly error?: string;
}

/** How one node stands. */
export interface NodeStates {
  /** Its tasks by status, those that are not zero. */
  readonly states: Partial<TaskCounts>;
  /** How many tasks it has, once that is known; only of a batch. */
  readonly total?: number;
  /** Those that were asked for; absent where it is not known how each of them has ended. */
  readonly batch?: readonly GraphItem[];
}

/** A node of the graph of a job. */
export interface GraphNode extends Partial<NodeStates> {
  /** Unique in the pipeline. */
  readonly nodeName: string;
  /** What it runs. */
  readonly algorithmName: string;
  /** Absent where nobody knows. */
  readonly status?: TaskStatus;
}

/** The graph of a job. */
export interface JobGraph {
  /** Of the job. */
  readonly jobId: string;
  /** When it stood so: milliseconds since 1970, UTC. */
  readonly timestamp: number;
  /** In the pipeline's order. */
  readonly nodes: readonly GraphNode[];
  /** One for each node that another reads. */
  readonly edges: readonly GraphEdge[];
}

/** Tasks that follow each other and have one status. */
export interface ItemRun {
  /** 0-based. */
  readonly first: number;
  readonly count: number;
  readonly status: TaskStatus;
}

/** What a node is read by; `statusAt` takes 0-based indexes. */
export interface NodeView {
  readonly isBatch: boolean;
  /** Undefined before it is known. */
  readonly width: number | undefined;
  readonly counts: Partial<TaskCounts>;
  /** Absent where it is not known of each. */
  readonly statusAt?: (index: number) => TaskStatus;
  readonly errorAt?: (index: number) => string | undefined;
  /** All of its tasks, where there are few enough. */
  readonly runs?: readonly ItemRun[];
}

/** Of one node, and of all of them: what an answer of Temporal's holds. */
const MOST_ITEMS = { node: 1_000, all: 5_000 };
const MAX_SHOWN_ERROR = 200;

/** @param names of the nodes, in the order of `views` */
export function toStates(names: readonly string[], views: readonly NodeView[], query: ItemQuery): NodeStates[] {
  const isAsked = (position: number): boolean => query.node === undefined || names[position] === query.node;
  const asked = views.filter(({ isBatch }, position) => isBatch && isAsked(position)).length;
  const most = Math.min(MOST_ITEMS.node, Math.floor(MOST_ITEMS.all / Math.max(asked, 1)));
  return views.map((view, position) => {
    const { isBatch, width, counts } = view;
    const states = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    if (!isBatch || width === undefined) return { states };
    const batch = isAsked(position) && most > 0 ? pageOf(view, width, query, most) : undefined;
    return { states, total: width, ...(batch && { batch }) };
  });
}

function pageOf(view: NodeView, width: number, query: ItemQuery, most: number): GraphItem[] | undefined {
  const { statusAt, errorAt } = view;
  if (statusAt === undefined) return undefined;
  const { sort = 'batchIndex', order = 'asc' } = query;
  const from = query.from ?? 0;
  const to = Math.min(query.to ?? width, from + most, width);
  const indexes = sort === 'status' ? byStatus(view, width, order, from, to) : byIndex(width, order, from, to);
  return indexes.map((index) => {
    const status = statusAt(index);
    const error = status === 'failed' ? errorAt?.(index) : undefined;
    return {
      batchIndex: index + 1,
      status,
      ...(error !== undefined && { error: toText(error, MAX_SHOWN_ERROR) }),
    };
  });
}

function byIndex(width: number, order: 'asc' | 'desc', from: number, to: number): number[] {
  const count = Math.max(0, to - from);
  return Array.from({ length: count }, (_, offset) => (order === 'asc' ? from + offset : width - 1 - from - offset));
}

/** Status by status in the order of their names, each in the order of its items. */
function byStatus(view: NodeView, width: number, order: 'asc' | 'desc', from: number, to: number): number[] {
  const { counts } = view;
  const names = (Object.keys(counts) as TaskStatus[]).filter((name) => (counts[name] ?? 0) > 0).sort();
  const indexes: number[] = [];
  let place = 0;
  for (const name of order === 'asc' ? names : names.reverse()) {
    const all = counts[name] ?? 0;
    if (place + all <= from || place >= to) {
      place += all;
      continue;
    }
    for (const { first, count } of runsOf(view, width, name)) {
      for (let offset = Math.max(0, from - place); offset < count && place + offset < to; offset++)
        indexes.push(first + offset);
      place += count;
      if (place >= to) return indexes;
    }
  }
  return indexes;
}

function* runsOf({ runs, statusAt }: NodeView, width: number, name: TaskStatus): Iterable<ItemRun> {
  if (runs !== undefined) yield* runs.filter(({ status }) => status === name);
  else
    for (let first = 0; first < width; first++) if (statusAt?.(first) === name) yield { first, count: 1, status: name };
}

/** How a job stands that runs, or has just ended. */
export function statesOf(job: Job, query: ItemQuery): NodeStates[] {
  const names = job.nodes.map(({ plan }) => plan.nodeName);
  const views = job.nodes.map((node) => viewOf(job, node));
  return toStates(names, views, query);
}

function viewOf(job: Job, node: NodeState): NodeView {
  const { plan, width, counts, outcomes, phase } = node;
  const errorAt = (index: number): string | undefined => {
    const outcome = outcomes.inlineAt(index);
    return outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
  };
  let active: Set<number> | undefined;
  const statusAt = (index: number): TaskStatus => {
    const ended = outcomes.statusAt(index);
    if (ended !== undefined) return ended;
    if (isEnded(job)) return 'stopped';
    active ??= activeIn(job, node);
    if (active.has(index)) return 'active';
    return (node.waitsFor[index] ?? 0) > 0 ? 'creating' : 'pending';
  };
  return { isBatch: plan.isBatch, width: phase === 'creating' ? undefined : width, counts, statusAt, errorAt };
}

function activeIn(job: Job, node: NodeState): Set<number> {
  const active = new Set<number>();
  for (const block of job.blocks.values()) {
    if (block.node !== node) continue;
    for (const index of block.indexes) active.add(index);
  }
  return active;
}

/** @param states in the order of `plans`; absent where nobody knows */
export function toGraph(
  jobId: string,
  timestamp: number,
  plans: readonly NodePlan[],
  states: readonly NodeStates[] | undefined,
  node?: string,
): JobGraph {
  const nodes = plans.map(({ nodeName, algorithmName }, position): GraphNode => {
    const found = states?.[position];
    return { nodeName, algorithmName, ...(found && { status: statusOf(found.states), ...found }) };
  });
  const edges = edgesOf(plans);
  if (node === undefined) return { jobId, timestamp, nodes, edges };
  return {
    jobId,
    timestamp,
    nodes: nodes.filter(({ nodeName }) => nodeName === node),
    edges: edges.filter(({ from, to }) => from === node || to === node),
  };
}

/** What a node is as a whole: while it runs what its tasks are at, and then the worst of their ends. */
function statusOf(states: Partial<TaskCounts>): TaskStatus {
  const has = (status: TaskStatus): boolean => (states[status] ?? 0) > 0;
  const hasEnded = has('succeed') || has('failed') || has('skipped');
  if (has('active')) return 'active';
  if (has('pending')) return hasEnded ? 'active' : 'pending';
  if (has('creating')) return hasEnded ? 'active' : 'creating';
  if (has('stopped')) return 'stopped';
  if (has('succeed')) return 'succeed';
  return has('failed') ? 'failed' : 'skipped';
}
