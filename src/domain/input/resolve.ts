/** What the leaves of a node's input stand for, once everything they refer to is there. */
import { getPath, isJsonArray, type Json } from '../json';
import type { BatchSegment, InputLeaf, Source } from './ast';

/** The output of a finished node: one value, or for a batch its items' in index order, undefined where one failed. */
export type NodeOutput =
  | { readonly kind: 'single'; readonly value: Json }
  | { readonly kind: 'batch'; readonly values: readonly (Json | undefined)[] };

export interface Scope {
  readonly flowInput: Json | undefined;
  output(nodeName: string): NodeOutput;
  /** The items of a batch node that may still run: undefined where one has not succeeded, and past the end. */
  items(nodeName: string): Elements;
}

/** A list whose elements are made when they are asked for: a range of ten million is two numbers. */
export interface Elements {
  readonly length: number;
  /** @param index 0-based; undefined past the end */
  at(index: number): Json | undefined;
}

export type ResolvedLeaf =
  { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'elements'; readonly elements: Elements };

export function resolveLeaf(leaf: InputLeaf, scope: Scope): ResolvedLeaf {
  switch (leaf.kind) {
    case 'literal':
      return { kind: 'value', value: leaf.value };
    case 'reference':
      return { kind: 'value', value: readWhole(leaf.source, scope) };
    case 'rawBatch':
      return { kind: 'elements', elements: fromSegments(leaf.segments) };
    case 'batchReference':
      return { kind: 'elements', elements: fromList(readElements(leaf.source, scope)) };
    case 'waitAny':
      return { kind: 'elements', elements: fromItems(scope.items(leaf.source.nodeName), leaf.source.path) };
  }
}

/** `@…`: a path that leads nowhere is null; over a batch the path is taken in each item, a failed one being null. */
function readWhole(source: Source, scope: Scope): Json {
  if (source.kind === 'flowInput') return getPath(scope.flowInput ?? null, source.path) ?? null;
  const output = scope.output(source.nodeName);
  if (output.kind === 'single') return getPath(output.value, source.path) ?? null;
  return output.values.map((value) => (value === undefined ? null : (getPath(value, source.path) ?? null)));
}

/** `#@…`: the elements of an array; over a batch its successful items; anything else is an empty batch. */
function readElements(source: Source, scope: Scope): readonly Json[] {
  if (source.kind === 'node') {
    const output = scope.output(source.nodeName);
    if (output.kind === 'batch') {
      return output.values.filter((value) => value !== undefined).map((value) => getPath(value, source.path) ?? null);
    }
  }
  const value = readWhole(source, scope);
  return isJsonArray(value) ? value : [];
}

/** The path is taken when an item is asked for, which is once it has succeeded. */
function fromItems(items: Elements, path: readonly string[]): Elements {
  return {
    length: items.length,
    at(index) {
      const value = items.at(index);
      return value === undefined ? undefined : (getPath(value, path) ?? null);
    },
  };
}

function fromList(values: readonly Json[]): Elements {
  return { length: values.length, at: (index) => values[index] };
}

/** The number of elements, without writing any of them out. */
export function countElements(segments: readonly BatchSegment[]): number {
  return segments.reduce((sum, segment) => sum + segmentLength(segment), 0);
}

function segmentLength(segment: BatchSegment): number {
  return segment.kind === 'range' ? segment.last - segment.first + 1 : segment.values.length;
}

function fromSegments(segments: readonly BatchSegment[]): Elements {
  return {
    length: countElements(segments),
    at(index) {
      let offset = index;
      for (const segment of segments) {
        const length = segmentLength(segment);
        if (offset < length) return segment.kind === 'range' ? segment.first + offset : segment.values[offset];
        offset -= length;
      }
      return undefined;
    },
  };
}
