/** The graph of a pipeline: who reads whom, and what that refuses (contract §2). */
import { invalid } from './errors';
import { isBatchLeaf, leaves, sourceOf, type InputForm, type InputLeaf } from './input/ast';
import { parseInput } from './input/parse';
import { DEFAULTS, type Pipeline, type PipelineNode, type RetryPolicyName } from './pipeline';

export interface NodePlan {
  readonly nodeName: string;
  readonly algorithmName: string;
  readonly input: InputForm;
  readonly leaves: readonly InputLeaf[];
  /** Whether the node is expanded into items. */
  readonly isBatch: boolean;
  readonly batchOperation: 'indexed' | 'cartesian';
  /** Names of the nodes whose output this one reads. */
  readonly parents: readonly string[];
  /** Those of them that it reads by `*@`. */
  readonly waitAny: readonly string[];
  /** Those of them that must be done before it is expanded: all but those that it reads by `*@` alone. */
  readonly awaited: readonly string[];
  /** Whether the outputs are part of the result: a sink, or flagged. */
  readonly included: boolean;
  readonly retry: { readonly policy: RetryPolicyName; readonly limit: number };
  readonly itemTtlMs?: number;
}

const RESERVED = ['flowInput', 'dataSource'];

/**
 * Plans a pipeline whose fields have their types (see `validate.ts`).
 *
 * @returns the nodes in the order in which they are written
 * @throws PipelineError `InvalidPipeline` with HKube's texts; for a cycle the nodes of it are the details
 */
export function planNodes(pipeline: Pipeline): NodePlan[] {
  const names = new Set<string>();
  for (const { nodeName } of pipeline.nodes) {
    if (RESERVED.includes(nodeName)) {
      throw invalid(`pipeline "${pipeline.name}" has invalid reserved name "${nodeName}"`);
    }
    if (names.has(nodeName)) throw invalid(`found duplicate node "${nodeName}"`);
    names.add(nodeName);
  }
  const drafts = pipeline.nodes.map((node) => draftNode(node, names));
  const read = new Set(drafts.flatMap((draft) => draft.parents));
  const batches = new Set(drafts.filter((draft) => draft.isBatch).map((draft) => draft.nodeName));
  refuseCycles(drafts);
  return drafts.map((draft, position) => {
    refuseWaitAny(draft, batches);
    return { ...draft, included: !read.has(draft.nodeName) || pipeline.nodes[position]?.includeInResults === true };
  });
}

function draftNode(node: PipelineNode, names: ReadonlySet<string>): Omit<NodePlan, 'included'> {
  const input = parseInput(node.input ?? []);
  const parts = leaves(input);
  const parents = new Set<string>();
  for (const source of parts.map(sourceOf)) {
    if (source?.kind !== 'node') continue;
    if (!names.has(source.nodeName)) {
      throw invalid(`node "${node.nodeName}" is depend on node "${source.nodeName}" which is not exists`);
    }
    parents.add(source.nodeName);
  }
  return {
    nodeName: node.nodeName,
    algorithmName: node.algorithmName,
    input,
    leaves: parts,
    isBatch: parts.some(isBatchLeaf),
    batchOperation: node.batchOperation ?? 'indexed',
    parents: [...parents],
    waitAny: [...parents].filter((name) => parts.some((leaf) => leaf.kind === 'waitAny' && reads(leaf, name))),
    awaited: [...parents].filter((name) => parts.some((leaf) => leaf.kind !== 'waitAny' && reads(leaf, name))),
    retry: { policy: node.retry?.policy ?? DEFAULTS.retry.policy, limit: node.retry?.limit ?? DEFAULTS.retry.limit },
    ...(node.ttl !== undefined && node.ttl > 0 && { itemTtlMs: node.ttl * 1_000 }),
  };
}

function refuseWaitAny(node: Omit<NodePlan, 'included'>, batches: ReadonlySet<string>): void {
  for (const leaf of node.leaves) {
    if (leaf.kind !== 'waitAny') continue;
    const parent = leaf.source.nodeName;
    if (!batches.has(parent)) {
      throw invalid(`node "${node.nodeName}" uses *@${parent} but node "${parent}" is not a batch`);
    }
    if (node.batchOperation === 'cartesian') {
      throw invalid(`node "${node.nodeName}" uses *@${parent}, which goes with batchOperation "indexed" only`);
    }
  }
}

function reads(leaf: InputLeaf, nodeName: string): boolean {
  const source = sourceOf(leaf);
  return source?.kind === 'node' && source.nodeName === nodeName;
}

/** Depth first without recursion, so that a chain of any length is taken. */
function refuseCycles(nodes: readonly { nodeName: string; parents: readonly string[] }[]): void {
  const parentsOf = new Map(nodes.map((node) => [node.nodeName, node.parents]));
  const done = new Set<string>();
  for (const { nodeName } of nodes) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { name: string; next: number }[] = [{ name: nodeName, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      if (top.next === 0) {
        if (done.has(top.name)) {
          stack.pop();
          continue;
        }
        path.push(top.name);
        onPath.add(top.name);
      }
      const parent = parentsOf.get(top.name)?.[top.next++];
      if (parent === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
        stack.pop();
      } else if (onPath.has(parent)) {
        const cycle = [...path.slice(path.indexOf(parent)), parent].reverse();
        throw invalid('cyclic nodes are not allowed on batch pipeline', cycle);
      } else {
        stack.push({ name: parent, next: 0 });
      }
    }
  }
}
