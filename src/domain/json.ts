/** JSON values, as they arrive in a pipeline and as algorithms answer them. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** An object of JSON values. */
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

/** The deepest value that is taken from a caller, so that code may recurse over it. */
export const MAX_DEPTH = 200;

/** Without recursion, so that the deepest value is answered for and not overflowed on. */
export function isTooDeep(value: unknown): boolean {
  const pending: [unknown, number][] = [[value, 1]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [current, depth] = next;
    if (typeof current !== 'object' || current === null) continue;
    if (depth > MAX_DEPTH) return true;
    for (const child of Object.values(current)) pending.push([child, depth + 1]);
  }
  return false;
}

/** The size of `text` in UTF-8, for limits that are in bytes: a Chinese character is one of length and three bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** An object from entries; a key named `__proto__` becomes an ordinary property. */
export function fromEntries(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries);
}
