/** `*@`: an item runs as soon as the parents' items of its index have succeeded, and is skipped where one has not. */
import type { NodePlan } from './graph';
import { resultOf, SKIPPED, type Job, type NodeState } from './job';
import { moveTask, releaseTask } from './tasks';

/** Whether the node reads any parent by `*@`, so that its items become ready out of order. */
export function hasWaitAny(plan: NodePlan): boolean {
  return plan.waitAny.length > 0;
}

/** Looks at each item of a node that was just expanded: some of the parents' may have ended by now. */
export function admitItems(job: Job, node: NodeState, now: number): void {
  const parents = waitAnyParents(node);
  for (let index = 0; index < node.width; index++) {
    const outcomes = parents.filter(({ width }) => index < width).map((parent) => parent.outcomes[index]);
    const waiting = outcomes.filter((outcome) => outcome === undefined).length;
    node.waitsFor[index] = waiting;
    if (outcomes.some((outcome) => outcome !== undefined && resultOf(outcome) === undefined)) {
      skipItem(job, node, index, now);
    } else if (waiting === 0) releaseTask(job, node, index, now);
  }
}

/** Tells those that wait for it that an item has ended; what is skipped by that ends too. */
export function tellWaitingItems(job: Job, node: NodeState, index: number, now: number): void {
  const ended = [node];
  for (let parent = ended.pop(); parent !== undefined; parent = ended.pop()) {
    const succeeded = resultOf(parent.outcomes[index]) !== undefined;
    for (const child of parent.children) {
      const waits = child.phase === 'open' && index < child.width && child.outcomes[index] === undefined;
      if (!waits || !waitAnyParents(child).includes(parent)) continue;
      if (!succeeded) {
        skipItem(job, child, index, now);
        ended.push(child);
      } else if (decrement(child.waitsFor, index) === 0) releaseTask(job, child, index, now);
    }
  }
}

function skipItem(job: Job, node: NodeState, index: number, now: number): void {
  node.outcomes[index] = SKIPPED;
  moveTask(job, node, index, 'creating', 'skipped', now);
}

function waitAnyParents({ plan, parents }: NodeState): NodeState[] {
  return parents.filter((parent) => plan.waitAny.includes(parent.plan.nodeName));
}

function decrement(counts: number[], index: number): number {
  const left = (counts[index] ?? 1) - 1;
  counts[index] = left;
  return left;
}
