/** The state of one job, and what can be read from it. Changed by `schedule.ts` alone. */
import type { Expansion } from './batch';
import { batchId, TERMINAL_STATUSES, type FailedTask, type JobStatus, type TaskChange } from './events';
import type { JobAction } from './job-actions';
import type { JobRecord } from './job-record';
import type { NodePlan } from './graph';
import type { GivenOutput } from './given-output';
import { MOST_BLOBS, mostHeld } from './held';
import type { NodeOutput } from './input/resolve';
import { createOutbox, type Outbox } from './outbox';
import { Outcomes } from './outcomes';
import { DEFAULTS, type Pipeline } from './pipeline';
import { noTasks, type TaskCounts } from './progress';
import type { JobSettings } from './settings';
import { parseLevel, type Level } from './verbosity';

export interface NodeState {
  readonly plan: NodePlan;
  /** The nodes whose output it reads. */
  readonly parents: NodeState[];
  /** The nodes that read its own. */
  readonly children: NodeState[];
  phase: 'creating' | 'open' | 'done';
  expansion: Expansion | undefined;
  width: number;
  /** How its tasks ended. */
  outcomes: Outcomes;
  counts: TaskCounts;
  /** The first index that was never handed out; unused where there is a wait-any parent. */
  next: number;
  /** With a wait-any parent: the items that wait for nothing more and were never handed out. */
  released: number[];
  /** With a wait-any parent: how many parents' items each item waits for. */
  waitsFor: number[];
  /** Items that were handed out and not begun. */
  givenBack: number[];
  /** Items that run again. */
  retries: number[];
  /** Items that were lost more than once: they run again one at a time, so that the one that kills its worker is alone. */
  suspects: number[];
  /** How often an item has run, for those that failed and run again. */
  runs: Record<number, number>;
  blocksInFlight: number;
  /** Of a wide node: its first block is out, and has not given anything back. */
  isSharing: boolean;
  measured: { items: number; ms: number };
  /** Of a wide node: until when no more of it goes out than its first wave, unless enough of that has ended. Epoch milliseconds. */
  firstWaveUntil: number;
  /** Where its input could not be read. */
  unread?: Unread | undefined;
}

/** How a node waits for its input, which could not be read; see `unread.ts`. Times are epoch milliseconds. */
export interface Unread {
  readonly tries: number;
  /** Since when all tries have found that it is gone. */
  readonly goneSince?: number;
  /** When it is tried again; absent once that time has come. */
  readonly nextAt?: number;
  /** The block that tries, which is one at a time. */
  readonly probe?: number;
}

export interface BlockInFlight {
  readonly node: NodeState;
  readonly indexes: readonly number[];
  readonly attempt: number;
  /** Run by the workflow itself, as a local activity (`short.ts`). */
  readonly isHere?: true;
  /** The indexes of those whose outcomes it has told before its end. */
  readonly told?: readonly number[];
  /** It may give a part of its items back before it ends; see `share.ts`. */
  readonly isShared?: true;
  /** Whether it is the one item that may be what kills its workers. */
  readonly isSuspect: boolean;
  /** The size of its arguments. */
  readonly bytes: number;
  /** How much its outcomes may add to the job's state. */
  readonly inlineBytes: number;
  /** The batch workflow that runs it; absent where the job's own does. */
  readonly batch?: number;
}

/** The workflows that run blocks for a job; see `batch-workflows.ts`. */
export interface BatchWorkflows {
  /** Whether blocks are given to them. */
  isInUse: boolean;
  /**
   * Whether the run's history is long and waits for blocks of its own: much is given to a batch workflow at once then, and
   * it reports seldom.
   */
  isPressed: boolean;
  /** How many there have been. */
  count: number;
  /** The one that is given blocks. */
  open: number | undefined;
  /** Those that have not been told that they get no more, and those that have blocks. */
  live: number[];
}

/** Outcomes that are being written down; see `keep.ts`. */
export interface Keeping {
  readonly node: NodeState;
  /** 0-based, ascending. */
  readonly indexes: readonly number[];
  readonly bytes: number;
  /** The largest result among them as JSON, in bytes; undefined where one lies in a blob of its own. */
  readonly largest: number | undefined;
}

/** Whether anybody serves an algorithm, as far as the job knows it; see `service.ts`. */
export interface Service {
  /** An item of it has started in this job. From then on only ttl ends a wait. */
  started: boolean;
  /** Since when it is waited for: blocks are handed out, or were refused, and none has begun. Epoch milliseconds. */
  waitingSince: number | undefined;
  /** The last worker that took a block of it did not have it, as one that is being replaced: one block tries at a time. */
  refused: boolean;
  /** How often it was looked after since it is waited for. */
  looks: number;
  /** When it is looked after next; infinite while an answer is awaited. */
  nextAt: number | undefined;
}

export interface Job {
  readonly jobId: string;
  readonly pipeline: Pipeline;
  readonly settings: JobSettings;
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  /** When it was first active. Epoch milliseconds. */
  activeSince?: number | undefined;
  /** Whether its receiver was told that it is pending. */
  isPendingTold: boolean;
  status: JobStatus;
  readonly nodes: readonly NodeState[];
  /** Every task of the job, by status. */
  readonly counts: TaskCounts;
  blocks: Map<number, BlockInFlight>;
  batches: BatchWorkflows;
  /** Whether nothing more is handed out, as the workflow is about to continue as a new run. */
  draining: boolean;
  nextBlockId: number;
  /** What the outcomes that the job holds itself take, in bytes. */
  inlineBytes: number;
  /** Above so many of them some are written down. */
  keepAbove: number;
  /** Above so many blobs with the outcomes of blocks some are put together. */
  blobsAbove: number;
  /** Those that are being written down. */
  keeping: Keeping | undefined;
  /**
   * Whether a block of short items is given enough of them to be worth its way: not in histories of earlier versions,
   * whose blocks did not tell the size of their outcomes.
   */
  hasLeastWork: boolean;
  /** Algorithms of which small blocks are run by the workflow itself. */
  readonly short: Set<string>;
  /** When the first such block was handed out in this run of the workflow. Epoch milliseconds. */
  shortSince: number | undefined;
  /** Asked once a node is wide: not so in histories of earlier versions, which knew no other blocks than small ones. */
  hasWideBlocks: () => boolean;
  /** Since when its results are written down, as they lie in blobs: epoch milliseconds. */
  writingSince: number | undefined;
  /** The text of the result webhook, where it is not that of the record. */
  resultText: string | undefined;
  /** Who serves its algorithms, by algorithm name. */
  services: Map<string, Service>;
  outbox: Outbox;
  /** The event that a debug subscriber would have got last. */
  last: { level: Level; at: number; hasData: boolean; status?: JobStatus; tasks?: readonly TaskChange[] };
  failures: FailedTask[];
  /** What people have done to it. */
  readonly actions: JobAction[];
  /** How the job ended, once it has. */
  record: JobRecord | undefined;
}

export function createJob(
  jobId: string,
  pipeline: Pipeline,
  plans: readonly NodePlan[],
  settings: JobSettings,
  submittedAt: number,
  short: ReadonlySet<string> = new Set(),
): Job {
  const level = parseLevel(pipeline.options?.progressVerbosityLevel ?? DEFAULTS.progressVerbosityLevel) ?? 'info';
  return {
    jobId,
    pipeline,
    settings,
    submittedAt,
    status: 'pending',
    isPendingTold: false,
    nodes: createNodes(plans, settings.outputs),
    counts: { ...noTasks(), creating: plans.length },
    blocks: new Map(),
    batches: { isInUse: false, isPressed: false, count: 0, open: undefined, live: [] },
    draining: false,
    nextBlockId: 1,
    inlineBytes: 0,
    keepAbove: mostHeld(settings),
    blobsAbove: MOST_BLOBS,
    keeping: undefined,
    hasLeastWork: false,
    short: new Set(short),
    shortSince: undefined,
    hasWideBlocks: () => true,
    writingSince: undefined,
    resultText: undefined,
    services: new Map(),
    outbox: createOutbox(level, settings.progressIntervalMs, settings.dialect),
    last: { level: 'info', at: submittedAt, hasData: false },
    failures: [],
    actions: [],
    record: undefined,
  };
}

function createNodes(plans: readonly NodePlan[], outputs: readonly GivenOutput[] = []): NodeState[] {
  const nodes = new Map(plans.map((plan) => [plan.nodeName, createNode(plan)]));
  const given = new Map(outputs.map((output) => [output.nodeName, createGiven(output)]));
  for (const node of nodes.values()) {
    for (const name of node.plan.parents) {
      const parent = nodes.get(name) ?? given.get(name);
      if (parent === undefined) continue;
      node.parents.push(parent);
      parent.children.push(node);
    }
  }
  return [...nodes.values()];
}

/** A node of another job: it is read like those of this one, and is none of its tasks. */
function createGiven(output: GivenOutput): NodeState {
  const { nodeName, isBatch, width } = output;
  const none = { parents: [], waitAny: [], awaited: [], leaves: [], included: false };
  const input = { kind: 'literal', value: [] } as const;
  const plan = {
    nodeName,
    algorithmName: '',
    isBatch,
    input,
    batchOperation: 'indexed',
    retry: DEFAULTS.retry,
  } as const;
  const outcomes = Outcomes.restore(width, output.outcomes);
  return { ...createNode({ ...plan, ...none }), phase: 'done', width, outcomes };
}

function createNode(plan: NodePlan): NodeState {
  return {
    plan,
    parents: [],
    children: [],
    phase: 'creating',
    expansion: undefined,
    width: 1,
    outcomes: new Outcomes(1),
    counts: { ...noTasks(), creating: 1 },
    next: 0,
    released: [],
    waitsFor: [],
    givenBack: [],
    retries: [],
    suspects: [],
    runs: {},
    blocksInFlight: 0,
    isSharing: false,
    measured: { items: 0, ms: 0 },
    firstWaveUntil: 0,
  };
}

export function isEnded(job: Job): boolean {
  return TERMINAL_STATUSES.includes(job.status);
}

export function taskId(node: NodeState, index: number): { nodeName: string; batchID?: string } {
  const { nodeName, isBatch } = node.plan;
  return isBatch ? { nodeName, batchID: batchId(nodeName, index) } : { nodeName };
}

/** The output that other nodes read; only asked for once the node is done. */
export function outputOf(node: NodeState): NodeOutput {
  const { outcomes, plan, width } = node;
  if (plan.isBatch) {
    const has = (index: number): boolean => outcomes.hasSucceeded(index);
    return { kind: 'batch', items: { length: width, at: (index) => outcomes.valueAt(index), has } };
  }
  const outcome = outcomes.inlineAt(0);
  const stored = outcome !== undefined && 'blob' in outcome ? outcome.elements : undefined;
  return { kind: 'single', value: outcomes.valueAt(0) ?? null, ...(stored && { stored }) };
}
