/**
 * Refuses a bad pipeline with the texts of HKube's API. The facade asks it before a job is started, and the workflow
 * asks it again, since a pipeline can also be started straight on Temporal.
 */
import { invalid } from './errors';
import { planNodes, type NodePlan } from './graph';
import { sourceOf } from './input/ast';
import { countElements } from './input/resolve';
import { getPath, isJsonArray, type Json } from './json';
import type { Pipeline } from './pipeline';
import { DEFAULT_SETTINGS } from './settings';
import { checkShape } from './shape';
import { findElements, lengthOf, type StoredFlowInput } from './stored';

/** What a pipeline may be at most. */
export interface Limits {
  readonly maxBatch: number;
  /** Where the flow input lies, if not in the pipeline: then only its arrays are known. */
  readonly flowInput?: StoredFlowInput;
  /** See `checkShape`. Default false. */
  readonly ignoresTriggers?: boolean;
}

/**
 * @param document anything that was parsed from JSON
 * @returns the pipeline and its planned nodes
 * @throws PipelineError `InvalidPipeline`; the message names the field and the rule
 */
export function parsePipeline(
  document: unknown,
  limits: Limits = DEFAULT_SETTINGS,
): { pipeline: Pipeline; plans: NodePlan[] } {
  const { pipeline, plans } = parseDefinition(document, limits);
  plans.forEach((plan) => {
    if (limits.flowInput === undefined) checkFlowInput(plan, pipeline.flowInput);
    else checkElements(plan, limits.flowInput);
  });
  return { pipeline, plans };
}

/** The same of a pipeline that is stored: what it reads of its flow input may come when it is started. */
export function parseDefinition(
  document: unknown,
  limits: Limits = DEFAULT_SETTINGS,
): { pipeline: Pipeline; plans: NodePlan[] } {
  checkShape(document, limits.ignoresTriggers);
  if (document.nodes.length === 0) throw invalid('pipeline must have at least one node');
  const plans = planNodes(document);
  plans.forEach((plan) => {
    checkWidth(plan, document.flowInput, limits);
  });
  return { pipeline: document, plans };
}

function checkFlowInput(plan: NodePlan, flowInput: Json | undefined): void {
  for (const source of plan.leaves.map(sourceOf)) {
    if (source?.kind !== 'flowInput') continue;
    const found = flowInput === undefined ? undefined : getPath(flowInput, source.path);
    if (found === undefined) throw invalid(`unable to find ${['flowInput', ...source.path].join('.')}`);
  }
}

/** Whoever started the job has checked the rest. */
function checkElements({ leaves }: NodePlan, { elements }: StoredFlowInput): void {
  for (const leaf of leaves) {
    if (leaf.kind !== 'batchReference' || leaf.source.kind !== 'flowInput') continue;
    const { path } = leaf.source;
    if (findElements(elements, path) !== undefined) continue;
    throw invalid(`settings.flowInput has no elements of ${['flowInput', ...path].join('.')}`);
  }
}

/** What can be known of a batch's width before its parents have run. */
function checkWidth(plan: NodePlan, flowInput: Json | undefined, { maxBatch, flowInput: stored }: Limits): void {
  const lengths = plan.leaves.flatMap((leaf) => {
    if (leaf.kind === 'rawBatch') return [countElements(leaf.segments)];
    if (leaf.kind !== 'batchReference' || leaf.source.kind !== 'flowInput') return [];
    if (stored !== undefined) return [lengthOf(stored.elements, leaf.source.path)];
    const value = getPath(flowInput ?? null, leaf.source.path);
    return [isJsonArray(value) ? value.length : 0];
  });
  const width =
    plan.batchOperation === 'cartesian'
      ? lengths.reduce((product, length) => product * length, 1)
      : lengths.reduce((longest, length) => Math.max(longest, length), 0);
  if (width > maxBatch) {
    throw invalid(
      `node "${plan.nodeName}" has a batch of ${String(width)} items, at most ${String(maxBatch)} are taken`,
    );
  }
}
