/** How nodes open, once all that they read is there, and close. */
import { expand } from './batch';
import { failJob } from './endings';
import { isEnded, outputOf, type Job, type NodeState } from './job';
import { DEFAULTS } from './pipeline';
import { noteChange } from './tasks';

/** Opens those of `nodes` whose parents are all done, and what follows from those that have no items. */
export function openNodes(job: Job, nodes: readonly NodeState[], now: number): void {
  const pending = [...nodes];
  for (const node of pending) {
    if (isEnded(job)) return;
    openNode(job, node, now);
    if (node.phase !== 'open' || node.width > 0) continue;
    node.phase = 'done';
    pending.push(...node.children);
  }
}

export function closeNode(job: Job, node: NodeState, now: number): void {
  node.phase = 'done';
  openNodes(job, node.children, now);
}

/** Expands a node whose parents are all done into its tasks. */
function openNode(job: Job, node: NodeState, now: number): void {
  if (node.phase !== 'creating' || !node.parents.every((parent) => parent.phase === 'done')) return;
  node.expansion = expand(node.plan, {
    flowInput: job.pipeline.flowInput,
    output: (nodeName) => {
      const found = node.parents.find((parent) => parent.plan.nodeName === nodeName);
      return found === undefined ? { kind: 'single', value: null } : outputOf(found);
    },
  });
  const { width } = node.expansion;
  if (width > DEFAULTS.maxBatch) {
    const error = `batch of ${String(width)} items is wider than ${String(DEFAULTS.maxBatch)}`;
    failJob(job, { level: 'critical', error, nodeName: node.plan.nodeName }, now);
    return;
  }
  node.width = width;
  node.phase = 'open';
  for (const counts of [job.counts, node.counts]) {
    counts.creating -= 1;
    if (width === 0) counts.skipped += 1;
    else counts.pending += width;
  }
  noteChange(job, now, width === 0 ? { nodeName: node.plan.nodeName, status: 'skipped' } : undefined);
}
