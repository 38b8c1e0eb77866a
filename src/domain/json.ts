/** JSON values, as they arrive in a pipeline and as algorithms answer them. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Follows `path` into `value`; array elements are named by their index.
 *
 * Only own properties are seen, so `constructor` or `__proto__` lead nowhere.
 * @returns undefined where the path leads nowhere
 */
export function getPath(value: Json, path: readonly string[]): Json | undefined {
  let current: Json = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    if (isJsonArray(current) && !/^\d+$/.test(key)) return undefined;
    const next: Json | undefined = isJsonArray(current) ? current[Number(key)] : current[key];
    if (next === undefined) return undefined;
    current = next;
  }
  return current;
}

/** An object from entries; a key named `__proto__` becomes an ordinary property. */
export function fromEntries(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries);
}
