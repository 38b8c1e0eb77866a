/** What HKube's pipelines may have and this engine does not do: refused in words, where to ignore it would change a job. */
import { MAX_SHOWN_NAME } from './checks';
import { invalid } from './errors';
import type { Pipeline } from './pipeline';

const STREAMS = 'only pipelines of kind "batch" are run, which have no streams';

/**
 * What is Kubernetes' alone is kept and has no effect, such as `metrics`, `extraData` or `minStatelessCount` of a node, as is
 * `includeInResult`, which HKube takes and never reads.
 *
 * @throws PipelineError `InvalidPipeline` that names the field
 */
export function refuseUnsupported(pipeline: Pipeline): void {
  const { streaming } = pipeline as { readonly streaming?: unknown };
  if (isGiven(streaming)) throw invalid(`data.streaming is not supported: ${STREAMS}`);
  const { debugOverride } = (pipeline.options ?? {}) as { readonly debugOverride?: unknown };
  if (isGiven(debugOverride)) {
    throw invalid('data.options.debugOverride is not supported: no node is run as a debug node');
  }
  (pipeline.nodes as readonly { readonly stateType?: unknown }[]).forEach(({ stateType }, index) => {
    if (!isGiven(stateType)) return;
    throw invalid(`data.nodes[${String(index)}].stateType is not supported: ${STREAMS}`);
  });
}

/** Nothing, an empty list and an empty object ask for nothing. */
function isGiven(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null;
}

/** @param text the input that names a data source */
export function noDataSources(text: string): Error {
  return invalid(`input "${text.slice(0, MAX_SHOWN_NAME)}" is not supported: there are no data sources`);
}
