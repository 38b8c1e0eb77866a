/**
 * Puts stored pipelines in the place of the nodes that stand for them (`kind: pipeline`). Their nodes are named
 * `<outer>-<inner>`, and what refers to either is written anew:
 *
 * | written | stands for |
 * |---|---|
 * | `@flowInput…` within | the outer node's first argument, or the stored flow input where it has none |
 * | `@outer…` where there is one sink | the sink |
 * | `@outer` where there are several | an array of theirs, in their order |
 *
 * The inner pipeline begins once all that its node waits for has ended, and who waits for the node waits for all sinks. What
 * can not be written so that it means the same is refused. The inner options and webhooks count for nothing, as in HKube.
 */
import { invalid } from './errors';
import { planNodes, type NodePlan } from './graph';
import { createInnerFlowInput } from './inner-flow-input';
import { rewriteInput, writeReference, type Reference } from './input/rewrite';
import type { Json } from './json';
import type { Pipeline, PipelineEdge, PipelineNode } from './pipeline';

/** As nested pipelines may grow beyond all bounds. */
const MAX_NODES = 5_000;

/** The stored pipelines that nodes stand for, each once. */
export function subPipelinesOf({ nodes }: Pipeline): string[] {
  return [...new Set(nodes.flatMap(({ kind, spec }) => (kind === 'pipeline' ? [spec?.name ?? ''] : [])))];
}

/**
 * Looks through those that are there; others may be stored later.
 *
 * @param definitions by their names, and the pipeline itself
 * @throws PipelineError `InvalidPipeline` where one contains itself
 */
export function refuseCircle(pipeline: Pipeline, definitions: ReadonlyMap<string, Pipeline>): void {
  const done = new Set<string>();
  const visit = (one: Pipeline, path: readonly string[]): void => {
    for (const name of subPipelinesOf(one)) {
      if (path.includes(name)) throw circle(name, path);
      const inner = done.has(name) ? undefined : definitions.get(name);
      if (inner !== undefined) visit(inner, [...path, name]);
      done.add(name);
    }
  };
  visit(pipeline, [pipeline.name]);
}

function circle(name: string, path: readonly string[]): Error {
  return invalid(`pipeline "${name}" contains itself`, [...path, name]);
}

/**
 * @param definitionOf answers a stored pipeline, or throws where there is none
 * @returns a pipeline without such nodes; the same where it had none
 * @throws PipelineError `InvalidPipeline`
 */
export function inlinePipelines(pipeline: Pipeline, definitionOf: (name: string) => Pipeline): Pipeline {
  const known = new Map<string, Pipeline>();
  const inlineOne = (one: Pipeline, path: readonly string[]): Pipeline => {
    const inner = new Map<string, Pipeline>();
    for (const name of subPipelinesOf(one)) {
      if (path.includes(name)) throw circle(name, path);
      const found = known.get(name) ?? inlineOne(definitionOf(name), [...path, name]);
      known.set(name, found);
      inner.set(name, found);
    }
    return inner.size === 0 ? one : inlineInto(one, inner);
  };
  return inlineOne(pipeline, []);
}

/** A node that stands for a pipeline. */
interface Part {
  readonly node: PipelineNode;
  readonly inner: Pipeline;
  readonly plans: readonly NodePlan[];
  /** By their new names, in their order: those that nobody within waits for, and those that wait for nobody. */
  readonly sinks: readonly string[];
  readonly sources: readonly string[];
}

function inlineInto(outer: Pipeline, inner: ReadonlyMap<string, Pipeline>): Pipeline {
  const plans = planNodes(outer);
  const parts = new Map<string, Part>();
  for (const node of outer.nodes) {
    const found = node.kind === 'pipeline' ? inner.get(node.spec?.name ?? '') : undefined;
    if (found !== undefined) parts.set(node.nodeName, createPart(node, found));
  }
  const count = outer.nodes.length + [...parts.values()].reduce((sum, part) => sum + part.inner.nodes.length, 0);
  if (count > MAX_NODES)
    throw invalid(`pipeline "${outer.name}" has more than ${String(MAX_NODES)} nodes with those within`);
  const batches = new Set(
    [...plans.filter(({ nodeName }) => !parts.has(nodeName)), ...[...parts.values()].flatMap(newPlans)].flatMap(
      ({ nodeName, isBatch }) => (isBatch ? [nodeName] : []),
    ),
  );
  const nodes = outer.nodes.flatMap((node) => {
    const input = rewriteInput(node.input ?? [], (reference) => readPart(reference, node, parts)) as readonly Json[];
    const part = parts.get(node.nodeName);
    if (part !== undefined) return innerNodes(part, input, batches);
    return [node.input === undefined ? node : { ...node, input }];
  });
  const edges = edgesOf(outer, plans, parts);
  return { ...outer, nodes, ...((edges.length > 0 || outer.edges !== undefined) && { edges }) };
}

function createPart(node: PipelineNode, inner: Pipeline): Part {
  const { nodeName } = node;
  if (nodeName.includes('.')) throw invalid(`node "${nodeName}" of kind "pipeline" should NOT have a dot in its name`);
  const plans = planNodes(inner);
  const read = new Set(plans.flatMap(({ parents }) => parents));
  const named = (some: readonly NodePlan[]): string[] => some.map((plan) => `${nodeName}-${plan.nodeName}`);
  return {
    node,
    inner,
    plans,
    sinks: named(plans.filter((plan) => !read.has(plan.nodeName))),
    sources: named(plans.filter(({ parents }) => parents.length === 0)),
  };
}

function newPlans({ node, plans }: Part): Pick<NodePlan, 'nodeName' | 'isBatch'>[] {
  return plans.map(({ nodeName, isBatch }) => ({ nodeName: `${node.nodeName}-${nodeName}`, isBatch }));
}

/** What a node of the outer pipeline reads, where that is a pipeline itself. */
function readPart(reference: Reference, reader: PipelineNode, parts: ReadonlyMap<string, Part>): Json {
  const { prefix, name, path } = reference;
  const part = parts.get(name);
  if (part === undefined) return writeReference(reference);
  const [only = '', ...others] = part.sinks;
  if (others.length === 0) return writeReference({ prefix, name: only, path });
  const [first, ...rest] = path;
  if (first === undefined && prefix === '@') {
    return part.sinks.map((sink) => writeReference({ prefix, name: sink, path: [] }));
  }
  const sink = first !== undefined && /^\d+$/.test(first) ? part.sinks[Number(first)] : undefined;
  if (sink !== undefined && prefix !== '*@') return writeReference({ prefix, name: sink, path: rest });
  const sinks = part.sinks.map((one) => `"${one}"`).join(', ');
  throw invalid(
    `node "${reader.nodeName}" reads ${writeReference(reference)}, but pipeline "${part.inner.name}" has several sinks: read one of ${sinks}, as @${name}.0`,
  );
}

/** @param args the input of the node that stands for them, its references written anew */
function innerNodes(part: Part, args: readonly Json[], batches: ReadonlySet<string>): PipelineNode[] {
  const { node: outer, inner, sinks } = part;
  const flowInput = createInnerFlowInput({ outer: outer.nodeName, inner, args, batches });
  const names = new Set(inner.nodes.map(({ nodeName }) => nodeName));
  return inner.nodes.map((node) => {
    const nodeName = `${outer.nodeName}-${node.nodeName}`;
    const input = rewriteInput(node.input ?? [], (reference) => {
      if (reference.name === 'flowInput') return flowInput(reference);
      return writeReference({
        ...reference,
        name: names.has(reference.name) ? `${outer.nodeName}-${reference.name}` : reference.name,
      });
    }) as readonly Json[];
    const isIncluded = outer.includeInResults === true && sinks.includes(nodeName);
    return {
      ...node,
      nodeName,
      ...(node.input !== undefined && { input }),
      ...(isIncluded && { includeInResults: true }),
      origName: node.origName ?? node.nodeName,
    };
  });
}

function edgesOf(
  outer: Pipeline,
  plans: readonly NodePlan[],
  parts: ReadonlyMap<string, Part>,
): readonly PipelineEdge[] {
  const edges = new Map<string, PipelineEdge>();
  const add = (sources: readonly string[], targets: readonly string[]): void => {
    for (const source of sources) {
      for (const target of targets) edges.set(JSON.stringify([source, target]), { source, target });
    }
  };
  const endsOf = (name: string): readonly string[] => parts.get(name)?.sinks ?? [name];
  const beginningsOf = (name: string): readonly string[] => parts.get(name)?.sources ?? [name];
  for (const { source, target } of outer.edges ?? []) add(endsOf(source), beginningsOf(target));
  for (const { node, inner } of parts.values()) {
    for (const { source, target } of inner.edges ?? []) {
      add([`${node.nodeName}-${source}`], [`${node.nodeName}-${target}`]);
    }
  }
  for (const { nodeName, parents } of plans) {
    for (const parent of parents) {
      // One sink is waited for by whoever reads it.
      const isWaitedFor = !parts.has(nodeName) && endsOf(parent).length === 1;
      if (!isWaitedFor) add(endsOf(parent), beginningsOf(nodeName));
    }
  }
  return [...edges.values()];
}
