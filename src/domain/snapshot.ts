/**
 * A job between two runs of its workflow: what can not be worked out from the pipeline again, as JSON. Taken only while no
 * block is in flight. Recorded histories hold it, so fields may be added and never changed.
 */
import { expandNode } from './expansion';
import type { NodePlan } from './graph';
import { createJob, type Job, type NodeState, type Service, type TaskOutcome } from './job';
import type { Pipeline } from './pipeline';
import { noTasks, type TaskCounts } from './progress';
import type { JobSettings } from './settings';

type NodeFields =
  | 'phase'
  | 'width'
  | 'counts'
  | 'next'
  | 'released'
  | 'waitsFor'
  | 'givenBack'
  | 'retries'
  | 'suspects'
  | 'runs'
  | 'measured';

type NodeSnapshot = Pick<NodeState, NodeFields> & {
  /** By 0-based index up to the last that has ended; null where one has not. */
  readonly outcomes: readonly (TaskOutcome | null)[];
};

export type JobSnapshot = Pick<Job, 'status' | 'outbox' | 'last' | 'failures' | 'nextBlockId'> & {
  /** When the job was submitted, in epoch milliseconds. */
  readonly submittedAt: number;
  /** By algorithm name; absent in the snapshots of older versions. */
  readonly services?: readonly (readonly [string, Service])[];
  /** In the pipeline's order. */
  readonly nodes: readonly NodeSnapshot[];
};

export function takeSnapshot(job: Job): JobSnapshot {
  const { status, outbox, last, failures, nextBlockId, submittedAt } = job;
  const services = [...job.services];
  return { status, outbox, last, failures, nextBlockId, submittedAt, services, nodes: job.nodes.map(snapshotNode) };
}

function snapshotNode(node: NodeState): NodeSnapshot {
  const { phase, width, counts, next, released, waitsFor, givenBack, retries, suspects, runs, measured } = node;
  const outcomes = Array.from(node.outcomes, (outcome) => outcome ?? null);
  return { phase, width, counts, next, released, waitsFor, givenBack, retries, suspects, runs, measured, outcomes };
}

export function restoreJob(
  jobId: string,
  pipeline: Pipeline,
  plans: readonly NodePlan[],
  settings: JobSettings,
  { submittedAt, nodes, services = [], ...fields }: JobSnapshot,
): Job {
  const job: Job = {
    ...createJob(jobId, pipeline, plans, settings, submittedAt),
    ...fields,
    services: new Map(services),
    counts: addUp(nodes),
  };
  job.nodes.forEach((node, position) => {
    const { outcomes, ...saved } = nodes[position] ?? { outcomes: [] };
    Object.assign(node, saved, { outcomes: outcomes.map((outcome) => outcome ?? undefined) });
  });
  for (const node of job.nodes) {
    if (node.phase === 'open') node.expansion = expandNode(job, node);
  }
  return job;
}

function addUp(nodes: readonly NodeSnapshot[]): TaskCounts {
  const sum = noTasks();
  for (const { counts } of nodes) {
    for (const [status, count] of Object.entries(counts)) sum[status as keyof TaskCounts] += count;
  }
  return sum;
}
