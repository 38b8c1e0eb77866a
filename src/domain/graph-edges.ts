/** The graph of a pipeline as HKube shows it: nodes by name, and an edge for each that reads another. */
import type { NodePlan } from './graph';
import { sourceOf, type InputLeaf } from './input/ast';

/** One node reads another. */
export interface GraphEdge {
  /** The node that is read. */
  readonly from: string;
  /** The node that reads it. */
  readonly to: string;
  /** How, in HKube's words. */
  readonly value: {
    /** `waitNode`, `waitBatch`, `waitAny`, `input`. */
    readonly types: readonly string[];
  };
}

/** How an input waits for what it reads. */
const RELATIONS: Partial<Record<InputLeaf['kind'], string>> = {
  reference: 'waitNode',
  batchReference: 'waitBatch',
  waitAny: 'waitAny',
};

export function edgesOf(plans: readonly NodePlan[]): GraphEdge[] {
  const names = new Set(plans.map(({ nodeName }) => nodeName));
  return plans.flatMap((plan) =>
    plan.parents
      .filter((from) => names.has(from))
      .map((from) => ({ from, to: plan.nodeName, value: { types: typesOf(plan, from) } })),
  );
}

/** That a node is an input stands behind how it is read first; one that is only waited for is none. */
function typesOf({ leaves }: NodePlan, parent: string): string[] {
  const read = leaves.flatMap((leaf) => {
    const source = sourceOf(leaf);
    return source?.kind === 'node' && source.nodeName === parent ? (RELATIONS[leaf.kind] ?? []) : [];
  });
  const [first, ...others] = new Set(read);
  return first === undefined ? ['waitNode'] : [first, 'input', ...others];
}
