/**
 * Reads a node's input into its parsed form (contract §2).
 *
 * | written | form |
 * |---|---|
 * | `@flowInput.a`, `@node.a.0` | reference |
 * | `#[1,2,5...9]` | raw batch |
 * | `#@flowInput.x`, `#@node.x` | batch reference |
 * | `*@node.x` | wait-any |
 * | anything else | literal |
 */
import { invalid } from '../errors';
import { isJsonArray, isJsonObject, isTooDeep, MAX_DEPTH, type Json } from '../json';
import { noDataSources } from '../unsupported';
import type { BatchSegment, InputForm, Source } from './ast';

/** What HKube's pipelines read files of data sources by. */
const DATA_SOURCE = 'dataSource';

export function parseInput(value: Json): InputForm {
  if (typeof value === 'string') return parseText(value);
  if (isJsonArray(value)) return collapse({ kind: 'array', items: value.map(parseInput) }, value);
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => [key, parseInput(entry)] as const);
    return collapse({ kind: 'object', entries }, value);
  }
  return { kind: 'literal', value };
}

/** A structure of literals alone is a literal, so that it travels as it was written. */
function collapse(form: InputForm & { kind: 'array' | 'object' }, value: Json): InputForm {
  const parts = form.kind === 'array' ? form.items : form.entries.map(([, entry]) => entry);
  return parts.every((part) => part.kind === 'literal') ? { kind: 'literal', value } : form;
}

function parseText(text: string): InputForm {
  if (text.startsWith('#[')) return { kind: 'rawBatch', segments: parseRawBatch(text) };
  if (text.startsWith('#@')) return { kind: 'batchReference', source: parseSource(text, 2) };
  if (text.startsWith('*#@')) throw invalid(`input "${text}" is not allowed: *@ and # can not be combined`);
  if (text.startsWith('*@')) {
    const source = parseSource(text, 2);
    if (source.kind !== 'node') throw invalid(`input "${text}" is not allowed: *@ needs a batch node`);
    return { kind: 'waitAny', source };
  }
  if (text.startsWith('@')) return { kind: 'reference', source: parseSource(text, 1) };
  return { kind: 'literal', value: text };
}

function parseSource(text: string, start: number): Source {
  const [name = '', ...path] = text.slice(start).split('.');
  if (name === '') throw invalid(`input "${text}" names no node`);
  if (name === DATA_SOURCE) throw noDataSources(text);
  return name === 'flowInput' ? { kind: 'flowInput', path } : { kind: 'node', nodeName: name, path };
}

const RANGE = /^(-?\d+)\.\.\.(-?\d+)$/;

function parseRawBatch(text: string): BatchSegment[] {
  const trimmed = text.trimEnd();
  if (!trimmed.endsWith(']')) throw invalid(`input "${shorten(text)}" is not a batch: it has no closing bracket`);
  const body = trimmed.slice(2, -1);
  if (body.trim() === '') return [];
  const segments: BatchSegment[] = [];
  let values: Json[] = [];
  for (const part of splitOnCommas(body).map((piece) => piece.trim())) {
    const range = RANGE.exec(part);
    if (range === null) {
      const element = parseElement(part);
      if (isTooDeep(element)) {
        throw invalid(`input "${shorten(text)}" should NOT be nested deeper than ${String(MAX_DEPTH)} levels`);
      }
      values.push(element);
      continue;
    }
    const [first, last] = [Number(range[1]), Number(range[2])];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
      throw invalid(`range "${part}" is not between safe integers`);
    }
    if (last < first) throw invalid(`range "${part}" is empty: it must not end before its start`);
    if (values.length > 0) segments.push({ kind: 'values', values });
    values = [];
    segments.push({ kind: 'range', first, last });
  }
  if (values.length > 0) segments.push({ kind: 'values', values });
  return segments;
}

function parseElement(part: string): Json {
  try {
    const value = JSON.parse(part) as Json;
    // A number beyond all numbers would travel as null.
    return value === Infinity || value === -Infinity ? part : value;
  } catch {
    return part;
  }
}

/**
 * Splits on the commas that are in no array, object or quoted string. Each of these is one only where it begins a part
 * or stands in another: in `5" pipe` and `a[1` the quote and the bracket are text.
 */
function splitOnCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let begun = false;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (quoted) {
      if (char === '\\') index++;
      else if (char === '"') quoted = false;
    } else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
      begun = false;
    } else if (depth > 0 || !begun) {
      if (char === '"') quoted = true;
      else if (char === '[' || char === '{') depth++;
      else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
      begun ||= char.trim() !== '';
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
