import type { GivenOutput } from './given-output';
import type { Job } from './job';

/**
 * What a job has to give of its nodes, and of what it was given itself.
 *
 * @returns by the names that were asked for, in their order; null for a node that is not done, and for one that is unknown
 */
export function outputsOf(job: Job, nodeNames: readonly string[]): (GivenOutput | null)[] {
  return nodeNames.map((nodeName) => {
    const node = job.nodes.find(({ plan }) => plan.nodeName === nodeName);
    if (node === undefined) return job.settings.outputs?.find((given) => given.nodeName === nodeName) ?? null;
    if (node.phase !== 'done') return null;
    const { plan, width, outcomes } = node;
    return { nodeName, isBatch: plan.isBatch, width, outcomes: outcomes.snapshot() };
  });
}
