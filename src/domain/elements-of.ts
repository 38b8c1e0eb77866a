/** What a worker is told of the outputs of a node. */
import type { NodeState } from './job';

/** Arrays in a node's output that others read by element. */
export function elementsOf({ plan, children }: NodeState): readonly (readonly string[])[] {
  if (plan.isBatch) return [];
  const sources = children.flatMap((child) =>
    child.plan.leaves.flatMap((leaf) => {
      return leaf.kind === 'batchReference' && leaf.source.kind === 'node' ? [leaf.source] : [];
    }),
  );
  return sources.filter(({ nodeName }) => nodeName === plan.nodeName).map(({ path }) => path);
}
