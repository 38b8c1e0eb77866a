/** Runs of an earlier job's pipeline once more, or of a part of it (`exec/rerun`, `exec/caching`). */
import { invalid } from './errors';
import { planNodes, type NodePlan } from './graph';
import type { Pipeline } from './pipeline';

/** A part of a pipeline: some nodes, and those that it reads of the others. */
export interface PartialRun {
  readonly pipeline: Pipeline;
  /** The names of the nodes whose outputs come from the earlier job, in the order of that pipeline. */
  readonly outside: readonly string[];
}

/**
 * The part of a pipeline that begins at a node: the node itself, and all that come after it.
 *
 * @param given nodes that the pipeline reads and does not have itself
 * @throws PipelineError `InvalidPipeline` with HKube's texts
 */
export function runFrom(pipeline: Pipeline, nodeName: string, given: readonly string[] = []): PartialRun {
  const plans = planNodes(pipeline, given);
  if (!plans.some((plan) => plan.nodeName === nodeName)) throw invalid(`cant find relations for ${nodeName}`);
  const kept = withDescendants(plans, nodeName);
  const parents = new Set(plans.filter((plan) => kept.has(plan.nodeName)).flatMap(readsOf));
  const outside = [...plans.map((plan) => plan.nodeName), ...given].filter((name) => {
    return parents.has(name) && !kept.has(name);
  });
  const { edges } = pipeline;
  // What comes before has ended.
  const left = edges?.filter(({ source, target }) => kept.has(source) && kept.has(target));
  const part = {
    ...pipeline,
    name: partName(pipeline.name, nodeName),
    nodes: pipeline.nodes.filter((node) => kept.has(node.nodeName)),
    ...(left !== undefined && { edges: left }),
  };
  // That it reads none of them item by item.
  planNodes(part, outside);
  return { pipeline: part, outside };
}

function withDescendants(plans: readonly NodePlan[], nodeName: string): Set<string> {
  const children = new Map<string, string[]>();
  for (const plan of plans) {
    for (const parent of plan.parents) children.set(parent, [...(children.get(parent) ?? []), plan.nodeName]);
  }
  const found = new Set([nodeName]);
  // A set goes on with what is added to it meanwhile.
  for (const name of found) for (const child of children.get(name) ?? []) found.add(child);
  return found;
}

/** Names of the nodes whose outputs a node reads: not of those that it only waits for. */
function readsOf({ leaves }: NodePlan): string[] {
  return leaves.flatMap((leaf) => ('source' in leaf && leaf.source.kind === 'node' ? [leaf.source.nodeName] : []));
}

/** A node may be named by what no pipeline can, and be as long as one. */
function partName(pipeline: string, nodeName: string): string {
  return `${pipeline}-${nodeName.replaceAll(/[^:\-_.A-Za-z0-9]/g, '-')}`.slice(0, MAX_NAME);
}

const MAX_NAME = 200;
