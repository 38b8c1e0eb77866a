/** Pipelines that were started when the engine knew less of them: it took what it did not know, and ignored it. */
import { fromEntries, isJsonArray, isJsonObject, type Json, type JsonObject } from './json';

/** What the engine has learned to read since its first version. */
const LATER = {
  pipeline: ['edges', 'streaming'],
  options: ['activeTtl', 'concurrentPipelines', 'debugOverride'],
  node: ['spec', 'origName', 'stateType'],
} as const;

/** Whether a document has any of it. */
export function hasLaterFields(document: unknown): boolean {
  if (!isJsonObject(document)) return false;
  const { options, nodes } = document;
  return (
    hasAny(document, LATER.pipeline) ||
    hasAny(options, LATER.options) ||
    (isJsonArray(nodes) && nodes.some((node) => hasAny(node, LATER.node)))
  );
}

/** The document as the first version has read it. */
export function withoutLaterFields(document: unknown): unknown {
  if (!isJsonObject(document)) return document;
  const { options, nodes, ...rest } = without(document, LATER.pipeline);
  return {
    ...rest,
    ...(options !== undefined && { options: isJsonObject(options) ? without(options, LATER.options) : options }),
    ...(nodes !== undefined && {
      nodes: isJsonArray(nodes) ? nodes.map((node) => (isJsonObject(node) ? without(node, LATER.node) : node)) : nodes,
    }),
  };
}

function hasAny(value: Json | undefined, keys: readonly string[]): boolean {
  return isJsonObject(value) && keys.some((key) => Object.hasOwn(value, key));
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
