/** `*@`: an item runs as soon as the parents' items of its index have succeeded, and is skipped where one has not. */
import type { NodePlan } from './graph';
import type { Job, NodeState } from './job';
import { moveTask, releaseTask } from './tasks';

/** Whether the node reads any parent by `*@`, so that its items become ready out of order. */
export function hasWaitAny(plan: NodePlan): boolean {
  return plan.waitAny.length > 0;
}

/** Looks at each item of a node that was just expanded: some of the parents' may have ended by now. */
export function admitItems(job: Job, node: NodeState, now: number): void {
  const parents = waitAnyParents(node);
  for (let index = 0; index < node.width; index++) {
    const waiting = waitsFor(parents, index);
    node.waitsFor[index] = waiting;
    if (parents.some(({ outcomes }) => outcomes.has(index) && !outcomes.hasSucceeded(index))) {
      skipItem(job, node, index, now);
    } else if (waiting === 0) releaseTask(job, node, index, now);
  }
}

/** How many items of an index have not ended, among parents that are as wide. */
function waitsFor(parents: readonly NodeState[], index: number): number {
  return parents.filter(({ width, outcomes }) => index < width && !outcomes.has(index)).length;
}

/** Works out what each item waits for, by what has ended. */
export function countWaiting(node: NodeState): number[] {
  const parents = waitAnyParents(node);
  return Array.from({ length: node.width }, (_, index) => waitsFor(parents, index));
}

/** Whether an item that ends is news for another node's items. */
export function isAwaited(node: NodeState): boolean {
  return node.children.some((child) => child.phase === 'open' && waitAnyParents(child).includes(node));
}

/** Tells those that wait for it that an item has ended; what is skipped by that ends too. */
export function tellWaitingItems(job: Job, node: NodeState, index: number, now: number): void {
  const ended = [node];
  for (let parent = ended.pop(); parent !== undefined; parent = ended.pop()) {
    const succeeded = parent.outcomes.hasSucceeded(index);
    for (const child of parent.children) {
      const waits = child.phase === 'open' && index < child.width && !child.outcomes.has(index);
      if (!waits || !waitAnyParents(child).includes(parent)) continue;
      if (!succeeded) {
        skipItem(job, child, index, now);
        ended.push(child);
      } else if (decrement(child.waitsFor, index) === 0) releaseTask(job, child, index, now);
    }
  }
}

function skipItem(job: Job, node: NodeState, index: number, now: number): void {
  node.outcomes.skip(index);
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
