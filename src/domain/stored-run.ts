/** What `POST /exec/stored` runs: a stored pipeline with what its caller wants otherwise (`hkube-api.md` §2). */
import { invalid } from './errors';
import { fromEntries, isJsonArray, isJsonObject, type Json, type JsonObject } from './json';
import type { Pipeline } from './pipeline';

/**
 * Merges a request into a stored pipeline, as HKube does: objects key by key and arrays by index, so what the request
 * does not name stays. `flowInput` is not merged: the request's stands alone. Neither argument is changed.
 *
 * @param request anything that was parsed from JSON
 * @returns a document that is yet to be validated: keys of the stored pipeline first, then new ones
 * @throws PipelineError `InvalidPipeline` where the request is no object or gives `nodes`
 */
export function mergeStoredRun(stored: Pipeline, request: unknown): unknown {
  if (!isJsonObject(request)) throw invalid('data should be object');
  if (Object.hasOwn(request, 'nodes')) throw invalid('data should NOT have additional properties (nodes)');
  const { flowInput, ...rest } = request;
  const merged = mergeObjects(stored as unknown as JsonObject, rest);
  return flowInput === undefined ? merged : fromEntries([...Object.entries(merged), ['flowInput', flowInput]]);
}

/** Where the two are of different kinds, `over` wins. It recurses only as deep as both go, and `base` was validated. */
function merge(base: Json | undefined, over: Json): Json {
  if (isJsonObject(base) && isJsonObject(over)) return mergeObjects(base, over);
  if (isJsonArray(base) && isJsonArray(over)) {
    return [...over.map((item, index) => merge(base[index], item)), ...base.slice(over.length)];
  }
  return over;
}

/** From own keys to own keys: `__proto__` and `constructor` are names like any other. */
function mergeObjects(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) merged.set(key, merge(merged.get(key), value));
  return fromEntries(merged);
}
