/** What the leaves of a node's input stand for, once everything they refer to is there. */
import type { BlockForm } from '../block';
import { getPath, isJsonArray, type Json } from '../json';
import { areAtHand, findElements, StoredLine, toParts, type StoredElements } from '../stored';
import type { BatchSegment, InputLeaf, Path, Source } from './ast';

/** The output of a finished node: one value, or for a batch its items' in index order, undefined where one failed. */
export type NodeOutput = SingleValue | { readonly kind: 'batch'; readonly items: Elements };

export interface SingleValue {
  readonly kind: 'single';
  readonly value: Json | StoredLine;
  /** Of a value that lies in a blob: the arrays in it that others read by element. */
  readonly stored?: readonly StoredElements[];
}

export interface Scope {
  readonly flowInput: SingleValue;
  output(nodeName: string): NodeOutput;
  /** The items of a batch node that may still run: undefined where one has not succeeded, and past the end. */
  items(nodeName: string): Elements;
}

/** A list whose elements are made when they are asked for: a range of ten million is two numbers. */
export interface Elements {
  readonly length: number;
  /** @param index 0-based; undefined past the end */
  at(index: number): Json | StoredLine | undefined;
  /** Whether there is one, where that is known without making it. Default: by making it. */
  has?(index: number): boolean;
  /** What is read of those that lie in blobs; of the others it was taken already. Default: all of it. */
  readonly path?: Path;
}

export type ResolvedLeaf =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'stored'; readonly form: BlockForm }
  | { readonly kind: 'elements'; readonly elements: Elements };

export function resolveLeaf(leaf: InputLeaf, scope: Scope): ResolvedLeaf {
  switch (leaf.kind) {
    case 'literal':
      return { kind: 'value', value: leaf.value };
    case 'reference':
      return readWhole(leaf.source, scope);
    case 'rawBatch':
      return { kind: 'elements', elements: fromSegments(leaf.segments) };
    case 'batchReference':
      return { kind: 'elements', elements: readElements(leaf.source, scope) };
    case 'waitAny':
      return { kind: 'elements', elements: fromItems(scope.items(leaf.source.nodeName), leaf.source.path) };
  }
}

/** `@…`: a path that leads nowhere is null; over a batch the path is taken in each item, a failed one being null. */
function readWhole(source: Source, scope: Scope): Exclude<ResolvedLeaf, { kind: 'elements' }> {
  const { path } = source;
  const output = outputOf(source, scope);
  if (output.kind === 'single') {
    const { value } = output;
    if (!(value instanceof StoredLine)) return { kind: 'value', value: getPath(value, path) ?? null };
    const { blob, line } = value;
    return { kind: 'stored', form: { kind: 'stored', blob, path, ...(line !== undefined && { line }) } };
  }
  const list = listOf(fromItems(output.items, path));
  return areAtHand(list)
    ? { kind: 'value', value: list }
    : { kind: 'stored', form: { kind: 'storedList', parts: toParts(list), path } };
}

function outputOf(source: Source, scope: Scope): NodeOutput {
  return source.kind === 'flowInput' ? scope.flowInput : scope.output(source.nodeName);
}

/** `#@…`: the elements of an array; over a batch its successful items; anything else is an empty batch. */
function readElements(source: Source, scope: Scope): Elements {
  const { path } = source;
  const output = outputOf(source, scope);
  if (output.kind === 'batch') return onlyPresent(fromItems(output.items, path));
  if (output.value instanceof StoredLine) return fromStored(output.stored ?? [], path);
  const whole = readWhole(source, scope);
  return fromList(whole.kind === 'value' && isJsonArray(whole.value) ? whole.value : []);
}

/** The path is taken when an item is asked for, which is once it has succeeded. */
function fromItems(items: Elements, path: Path): Elements {
  return {
    ...items,
    path,
    at(index) {
      const value = items.at(index);
      return value === undefined || value instanceof StoredLine ? value : (getPath(value, path) ?? null);
    },
  };
}

function listOf(elements: Elements): (Json | StoredLine)[] {
  return Array.from({ length: elements.length }, (_, index) => elements.at(index) ?? null);
}

/** Those that are there, by their places: four bytes each, and nothing where all are. */
function onlyPresent(elements: Elements): Elements {
  const { path } = elements;
  const has = (index: number): boolean => elements.has?.(index) ?? elements.at(index) !== undefined;
  const places = new Int32Array(elements.length);
  let length = 0;
  for (let index = 0; index < elements.length; index++) if (has(index)) places[length++] = index;
  return {
    length,
    ...(path && { path }),
    at: (index) => (index < length ? elements.at(places[index] ?? 0) : undefined),
  };
}

/** The elements of an array that its writer has laid down by themselves; no array is an empty batch. */
function fromStored(stored: readonly StoredElements[], path: Path): Elements {
  const { chunks = [] } = findElements(stored, path) ?? {};
  const firsts: number[] = [];
  let length = 0;
  for (const [, count] of chunks) {
    firsts.push(length);
    length += count;
  }
  return {
    length,
    at(index) {
      if (index >= length) return undefined;
      let [low, high] = [0, chunks.length - 1];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((firsts[middle] ?? 0) <= index) low = middle;
        else high = middle - 1;
      }
      const [blob] = chunks[low] ?? [];
      return blob && new StoredLine(blob, index - (firsts[low] ?? 0));
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
