/** The stored form of a pipeline: HKube's defaults are written into it (`hkube-api.md` §2). */
import { DEFAULTS, type Pipeline, type PipelineNode } from './pipeline';

const { retry: RETRY, priority: PRIORITY, experimentName: EXPERIMENT, ...OPTIONS } = DEFAULTS;

/**
 * Adds what is missing, behind what is there; what is given stays as it is, in its order. Twice is as good as once.
 *
 * Not that of `retry`, `ttl` and `batchOperation` of a node: HKube writes none either, except into a `retry` that is
 * given.
 */
export function withDefaults(pipeline: Pipeline): Pipeline {
  const { nodes, options = {}, triggers } = pipeline;
  const { cron } = triggers ?? {};
  return fill(
    {
      ...pipeline,
      nodes: nodes.map(nodeWithDefaults),
      options: fill(options, OPTIONS),
      ...(cron !== undefined && { triggers: { ...triggers, cron: fill(cron, { enabled: false }) } }),
    },
    { kind: 'batch', experimentName: EXPERIMENT, priority: PRIORITY },
  );
}

function nodeWithDefaults(node: PipelineNode): PipelineNode {
  const { retry } = node;
  return fill(
    { ...node, ...(retry !== undefined && { retry: fill(retry, RETRY) }) },
    { kind: 'algorithm', input: [], minStatelessCount: 0 },
  );
}

/** `given`, with each default whose key it lacks behind its own keys. */
function fill<T extends object>(given: T, defaults: Readonly<Record<string, unknown>>): T {
  const missing = Object.entries(defaults).filter(([key]) => !Object.hasOwn(given, key));
  return { ...given, ...Object.fromEntries(missing) };
}
