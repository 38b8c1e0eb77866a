/** How nodes open, once all that they read is there, and close. */
import { failJob } from './endings';
import { expandNode } from './expansion';
import { isEnded, type Job, type NodeState } from './job';
import { Outcomes } from './outcomes';
import { noteChange } from './tasks';
import { admitItems, hasWaitAny } from './wait-any';

/** Opens those of `nodes` that can be, and what follows: of one that opens or ends, those that read it. */
export function openNodes(job: Job, nodes: readonly NodeState[], now: number): void {
  const pending = [...nodes];
  for (const node of pending) {
    if (isEnded(job)) return;
    const wasCreating = node.phase === 'creating';
    openNode(job, node, now);
    if (node.phase !== 'open') continue;
    if (isFinished(node)) node.phase = 'done';
    else if (!wasCreating) continue;
    pending.push(...node.children);
  }
}

/** Closes the nodes whose tasks have all ended: the one that a block was of, and those that wait for its items. */
export function closeFinished(job: Job, now: number): void {
  for (const node of job.nodes) {
    if (isEnded(job)) return;
    if (node.phase !== 'open' || !isFinished(node)) continue;
    node.phase = 'done';
    openNodes(job, node.children, now);
  }
}

function isFinished({ width, counts }: NodeState): boolean {
  return width === 0 || counts.succeed + counts.failed + counts.skipped === width;
}

/** Whether all is there that the node needs to be expanded: of a wait-any parent only its width. */
function canOpen({ phase, plan, parents }: NodeState): boolean {
  if (phase !== 'creating') return false;
  return parents.every((parent) => {
    return parent.phase === 'done' || (parent.phase === 'open' && !plan.awaited.includes(parent.plan.nodeName));
  });
}

/** Expands a node into its tasks. */
function openNode(job: Job, node: NodeState, now: number): void {
  if (!canOpen(node)) return;
  node.expansion = expandNode(job, node);
  const { width } = node.expansion;
  const { maxBatch } = job.settings;
  if (width > maxBatch) {
    const error = `batch of ${String(width)} items is wider than ${String(maxBatch)}`;
    failJob(job, { level: 'critical', error, nodeName: node.plan.nodeName }, now);
    return;
  }
  node.width = width;
  node.outcomes = new Outcomes(width);
  node.phase = 'open';
  for (const counts of [job.counts, node.counts]) {
    counts.creating -= 1;
    if (width === 0) counts.skipped += 1;
    else if (hasWaitAny(node.plan)) counts.creating += width;
    else counts.pending += width;
  }
  noteChange(job, now, width === 0 ? { nodeName: node.plan.nodeName, status: 'skipped' } : undefined);
  if (hasWaitAny(node.plan)) admitItems(job, node, now);
}
