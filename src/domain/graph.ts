/** The graph of a pipeline: who reads whom, and what that refuses (contract §2). */
import { invalid } from './errors';
import { isBatchLeaf, leaves, sourceOf, type InputForm, type InputLeaf } from './input/ast';
import { parseInput } from './input/parse';
import { DEFAULTS, OUTPUT, type Pipeline, type PipelineNode, type RetryPolicyName } from './pipeline';

export interface NodePlan {
  readonly nodeName: string;
  readonly algorithmName: string;
  readonly input: InputForm;
  readonly leaves: readonly InputLeaf[];
  /** Whether the node is expanded into items. */
  readonly isBatch: boolean;
  readonly batchOperation: 'indexed' | 'cartesian';
  /** Names of the nodes whose output this one reads, and of those that it waits for otherwise. */
  readonly parents: readonly string[];
  /** Those of them that it reads by `*@`. */
  readonly waitAny: readonly string[];
  /** Those of them that must be done before it is expanded: all but those that it reads by `*@` alone. */
  readonly awaited: readonly string[];
  /** Whether the outputs are part of the result: a sink, or flagged. */
  readonly included: boolean;
  /** No algorithm is run: its input is its output. */
  readonly isOutput?: true;
  readonly retry: { readonly policy: RetryPolicyName; readonly limit: number };
  readonly itemTtlMs?: number;
}

const RESERVED = ['flowInput', 'dataSource'];

/**
 * Plans a pipeline whose fields have their types (see `validate.ts`). A node that stands for a stored pipeline is planned as
 * one that nobody looks into.
 *
 * @param outside nodes that it does not have and may read all the same, as their outputs come from elsewhere
 * @returns the nodes in the order in which they are written
 * @throws PipelineError `InvalidPipeline` with HKube's texts; for a cycle the nodes of it are the details
 */
export function planNodes(pipeline: Pipeline, outside: readonly string[] = []): NodePlan[] {
  const names = new Set<string>();
  for (const { nodeName } of pipeline.nodes) {
    if (RESERVED.includes(nodeName)) {
      throw invalid(`pipeline "${pipeline.name}" has invalid reserved name "${nodeName}"`);
    }
    if (names.has(nodeName)) throw invalid(`found duplicate node "${nodeName}"`);
    names.add(nodeName);
  }
  const waits = waitsOf(pipeline, names);
  const drafts = pipeline.nodes.map((node) => {
    return draftNode(node, { names, outside, waitsFor: waits.get(node.nodeName) ?? [] });
  });
  const read = new Set(drafts.flatMap((draft) => draft.parents));
  const opaque = pipeline.nodes.filter(({ kind }) => kind === 'pipeline').map(({ nodeName }) => nodeName);
  const batches = new Set([...drafts.filter(({ isBatch }) => isBatch).map(({ nodeName }) => nodeName), ...opaque]);
  refuseOutputs(pipeline, drafts, read);
  refuseCycles(drafts);
  return drafts.map((draft, position) => {
    refuseWaitAny(draft, batches, outside);
    return { ...draft, included: !read.has(draft.nodeName) || pipeline.nodes[position]?.includeInResults === true };
  });
}

/** By node, which others it waits for by an edge. */
function waitsOf({ edges = [] }: Pipeline, names: ReadonlySet<string>): Map<string, string[]> {
  const waits = new Map<string, string[]>();
  for (const { source, target } of edges) {
    if (!names.has(source)) throw unknownNode(target, source);
    if (!names.has(target)) throw invalid(`node "${target}" of an edge is not exists`);
    waits.set(target, [...(waits.get(target) ?? []), source]);
  }
  return waits;
}

function unknownNode(nodeName: string, other: string): Error {
  return invalid(`node "${nodeName}" is depend on node "${other}" which is not exists`);
}

function algorithmOf({ nodeName, kind = 'algorithm', algorithmName, spec }: PipelineNode): string {
  if (kind === 'output') return algorithmName ?? OUTPUT;
  if (kind === 'algorithm') {
    if (algorithmName === undefined) throw invalid('please provide algorithm name');
    return algorithmName;
  }
  if (spec?.name === undefined || spec.name === '') throw invalid(`node ${nodeName} must have spec with name`);
  return spec.name;
}

interface Surroundings {
  readonly names: ReadonlySet<string>;
  readonly outside: readonly string[];
  readonly waitsFor: readonly string[];
}

function draftNode(node: PipelineNode, { names, outside, waitsFor }: Surroundings): Omit<NodePlan, 'included'> {
  const algorithmName = algorithmOf(node);
  const input = parseInput(node.input ?? []);
  const parts = leaves(input);
  const isBatch = parts.some(isBatchLeaf);
  if (isBatch && node.kind === 'pipeline') {
    throw invalid(
      `node "${node.nodeName}" of kind "pipeline" can not be a batch: # and *@ are not allowed in its input`,
    );
  }
  const parents = new Set<string>();
  for (const source of parts.map(sourceOf)) {
    if (source?.kind !== 'node') continue;
    if (!names.has(source.nodeName) && !outside.includes(source.nodeName)) {
      throw unknownNode(node.nodeName, source.nodeName);
    }
    parents.add(source.nodeName);
  }
  const readsWhole = (name: string): boolean => parts.some((leaf) => leaf.kind !== 'waitAny' && reads(leaf, name));
  for (const name of waitsFor) parents.add(name);
  return {
    nodeName: node.nodeName,
    algorithmName,
    input,
    leaves: parts,
    isBatch,
    batchOperation: node.batchOperation ?? 'indexed',
    parents: [...parents],
    waitAny: [...parents].filter((name) => parts.some((leaf) => leaf.kind === 'waitAny' && reads(leaf, name))),
    awaited: [...parents].filter((name) => waitsFor.includes(name) || readsWhole(name)),
    retry: { policy: node.retry?.policy ?? DEFAULTS.retry.policy, limit: node.retry?.limit ?? DEFAULTS.retry.limit },
    ...(node.ttl !== undefined && node.ttl > 0 && { itemTtlMs: node.ttl * 1_000 }),
    ...(node.kind === 'output' && { isOutput: true }),
  };
}

/** Those that came from other pipelines are nodes like any other here. */
function refuseOutputs(
  { nodes }: Pipeline,
  drafts: readonly Omit<NodePlan, 'included'>[],
  read: ReadonlySet<string>,
): void {
  const outputs = nodes.filter(({ kind, origName }) => kind === 'output' && origName === undefined);
  if (outputs.length > 1) throw invalid('pipeline can not have more than one output');
  for (const { nodeName } of outputs) {
    if (read.has(nodeName)) throw invalid(`node "${nodeName}" should not have child nodes`);
    const draft = drafts.find((one) => one.nodeName === nodeName);
    if (draft?.parents.length === 0) throw invalid(`node "${nodeName}" should have parent nodes`);
  }
}

function refuseWaitAny(
  node: Omit<NodePlan, 'included'>,
  batches: ReadonlySet<string>,
  outside: readonly string[],
): void {
  for (const leaf of node.leaves) {
    if (leaf.kind !== 'waitAny') continue;
    const parent = leaf.source.nodeName;
    if (outside.includes(parent)) throw invalid(`relation waitAny for node ${node.nodeName} is not allowed`);
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
