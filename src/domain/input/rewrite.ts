/** References in a node's input as it is written, for a pipeline that becomes part of another. */
import { fromEntries, isJsonArray, isJsonObject, type Json } from '../json';

/** `@name.path`, `#@name.path` or `*@name.path`. */
export interface Reference {
  readonly prefix: '@' | '#@' | '*@';
  readonly name: string;
  readonly path: readonly string[];
}

const REFERENCE = /^(@|#@|\*@)(.*)$/s;

/** @returns undefined for any other text */
export function readReference(text: string): Reference | undefined {
  const found = REFERENCE.exec(text);
  if (found === null) return undefined;
  const [name = '', ...path] = (found[2] ?? '').split('.');
  return { prefix: found[1] as Reference['prefix'], name, path };
}

export function writeReference({ prefix, name, path }: Reference): string {
  return prefix + [name, ...path].join('.');
}

/** Puts something else in the place of each reference, at any depth. */
export function rewriteInput(value: Json, rewrite: (reference: Reference) => Json): Json {
  if (typeof value === 'string') {
    const reference = readReference(value);
    return reference === undefined ? value : rewrite(reference);
  }
  if (isJsonArray(value)) return value.map((item) => rewriteInput(item, rewrite));
  if (isJsonObject(value)) {
    return fromEntries(Object.entries(value).map(([key, entry]) => [key, rewriteInput(entry, rewrite)] as const));
  }
  return value;
}

/** A text in it that would be read as something else than itself in an input; undefined where there is none. */
export function findSpecial(value: Json): string | undefined {
  if (typeof value === 'string') return /^(@|#@|#\[|\*@|\*#@)/.test(value) ? value : undefined;
  const parts = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  for (const part of parts) {
    const found = findSpecial(part);
    if (found !== undefined) return found;
  }
  return undefined;
}
