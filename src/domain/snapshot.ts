/**
 * A job between two runs of its workflow: what can not be worked out from the pipeline again, as JSON. Taken only while
 * no block is in flight that the run itself has started. Recorded histories hold it, so fields may be added and never changed.
 */
import { expandNode } from './expansion';
import type { NodePlan } from './graph';
import type { JobAction } from './job-actions';
import type { ItemOutcome } from './block';
import { fromRuns, toRuns, type IndexRuns } from './index-runs';
import { createJob, type BatchWorkflows, type BlockInFlight, type Job, type NodeState, type Service } from './job';
import { Outcomes, type OutcomesSnapshot } from './outcomes';
import type { Pipeline } from './pipeline';
import { noTasks, type TaskCounts } from './progress';
import type { JobSettings } from './settings';
import { countWaiting, hasWaitAny } from './wait-any';

type NodeFields =
  'phase' | 'width' | 'counts' | 'next' | 'givenBack' | 'retries' | 'suspects' | 'runs' | 'measured' | 'unread';

type NodeSnapshot = Pick<NodeState, NodeFields> & {
  /** In the order in which they became ready; a list of single indexes in the snapshots of older versions. */
  readonly released: IndexRuns | readonly number[];
  /** How its tasks ended. */
  readonly ended?: OutcomesSnapshot;
  /** The same in the snapshots of older versions: by 0-based index, null where one has not ended. */
  readonly outcomes?: readonly (ItemOutcome | { readonly skipped: true } | null)[];
};

/** `node` is its place in the pipeline. */
type BlockSnapshot = Omit<BlockInFlight, 'node' | 'indexes'> & { readonly node: number; readonly items: IndexRuns };

export type JobSnapshot = Pick<Job, 'status' | 'outbox' | 'last' | 'failures' | 'nextBlockId'> & {
  /** When the job was submitted, in epoch milliseconds. */
  readonly submittedAt: number;
  /** When it was first active; absent while it waits for its turn, and in the snapshots of older versions. */
  readonly activeSince?: number;
  /** By algorithm name; absent in the snapshots of older versions. */
  readonly services?: readonly (readonly [string, Service])[];
  /** What the outcomes take that it holds itself; absent in the snapshots of older versions. */
  readonly inlineBytes?: number;
  /** Blocks that batch workflows run, by their numbers; absent in the snapshots of older versions, as is the next. */
  readonly blocks?: readonly (readonly [blockId: number, block: BlockSnapshot])[];
  readonly batches?: Pick<BatchWorkflows, 'count' | 'live'> & { readonly open?: number };
  /** What people have done to the job; absent where it is nothing. */
  readonly actions?: readonly JobAction[];
  /** In the pipeline's order. */
  readonly nodes: readonly NodeSnapshot[];
};

export function takeSnapshot(job: Job): JobSnapshot {
  const { status, outbox, last, failures, nextBlockId, submittedAt, activeSince, inlineBytes } = job;
  const services = [...job.services];
  const nodes = job.nodes.map(snapshotNode);
  const { count, open, live } = job.batches;
  const batches = { count, live, ...(open !== undefined && { open }) };
  const blocks = [...job.blocks].map(([blockId, block]) => [blockId, snapshotBlock(job, block)] as const);
  const since = { submittedAt, ...(activeSince !== undefined && { activeSince }) };
  const acted = job.actions.length > 0 ? { actions: job.actions } : {};
  const lists = { inlineBytes, services, nodes, batches, blocks, ...acted };
  return { status, outbox, last, failures, nextBlockId, ...since, ...lists };
}

function snapshotBlock({ nodes }: Job, { node, indexes, ...rest }: BlockInFlight): BlockSnapshot {
  return { ...rest, node: nodes.indexOf(node), items: toRuns(indexes) };
}

function snapshotNode(node: NodeState): NodeSnapshot {
  const { phase, width, counts, next, givenBack, retries, suspects, runs, measured, unread } = node;
  const fields = {
    phase,
    width,
    counts,
    next,
    givenBack,
    retries,
    suspects,
    runs,
    measured,
    ...(unread && { unread }),
  };
  return { ...fields, released: toRuns(node.released), ended: node.outcomes.snapshot() };
}

export function restoreJob(
  jobId: string,
  pipeline: Pipeline,
  plans: readonly NodePlan[],
  settings: JobSettings,
  { submittedAt, nodes, services = [], inlineBytes = 0, blocks = [], batches, actions = [], ...fields }: JobSnapshot,
): Job {
  const job: Job = {
    ...createJob(jobId, pipeline, plans, settings, submittedAt),
    ...fields,
    // What an earlier run has told: each begins with it.
    isPendingTold: true,
    inlineBytes,
    services: new Map(services),
    actions: [...actions],
    counts: addUp(nodes),
  };
  Object.assign(job.batches, batches);
  job.nodes.forEach((node, position) => {
    const saved = nodes[position];
    if (saved === undefined) return;
    const { released, ended, outcomes: earlier = [], ...same } = saved;
    const outcomes = Outcomes.restore(same.width, ended ?? fromList(earlier));
    Object.assign(node, same, { released: released.flatMap(toIndexes), outcomes });
  });
  for (const [blockId, { node: place, items, ...block }] of blocks) {
    const node = job.nodes[place];
    if (node === undefined) continue;
    job.blocks.set(blockId, { ...block, node, indexes: fromRuns(items) });
    node.blocksInFlight++;
  }
  for (const node of job.nodes) {
    if (node.phase !== 'open') continue;
    node.expansion = expandNode(job, node);
    if (hasWaitAny(node.plan)) node.waitsFor = countWaiting(node);
  }
  return job;
}

function toIndexes(one: number | IndexRuns[number]): number[] {
  return typeof one === 'number' ? [one] : fromRuns([one]);
}

function fromList(outcomes: NonNullable<NodeSnapshot['outcomes']>): OutcomesSnapshot {
  const skipped = outcomes.flatMap((outcome, index) => (outcome !== null && 'skipped' in outcome ? [index] : []));
  const inline = outcomes.flatMap((outcome, index) => {
    return outcome === null || 'skipped' in outcome ? [] : [[index, outcome] as const];
  });
  return { skipped: toRuns(skipped), inline, stored: [] };
}

function addUp(nodes: readonly NodeSnapshot[]): TaskCounts {
  const sum = noTasks();
  for (const { counts } of nodes) {
    for (const [status, count] of Object.entries(counts)) sum[status as keyof TaskCounts] += count;
  }
  return sum;
}
