/** What `@flowInput` stands for in a pipeline that is part of another; see `inline-pipelines.ts`. */
import { invalid } from './errors';
import { findSpecial, readReference, writeReference, type Reference } from './input/rewrite';
import { getPath, isJsonArray, type Json } from './json';
import type { Pipeline } from './pipeline';
import { MAX_SHOWN_NAME } from './checks';

export interface InnerFlowInput {
  /** The node that stands for the pipeline. */
  readonly outer: string;
  readonly inner: Pipeline;
  /** What that node is given: the first is the flow input. */
  readonly args: readonly Json[];
  /** Nodes of the outer pipeline that are batches, by the names that they have in it in the end. */
  readonly batches: ReadonlySet<string>;
}

/** @returns what is to stand where an inner node refers to its flow input */
export function createInnerFlowInput(of: InnerFlowInput): (reference: Reference) => Json {
  const [given] = of.args;
  return (reference) => (given === undefined ? readStored(of, reference) : readGiven(of, given, reference));
}

function readStored({ outer, inner }: InnerFlowInput, reference: Reference): Json {
  const value = getPath(inner.flowInput ?? null, reference.path);
  if (value === undefined || inner.flowInput === undefined) throw notFound(outer, reference);
  if (reference.prefix !== '@') return toRawBatch(value);
  const special = findSpecial(value);
  if (special === undefined) return value;
  throw invalid(
    `the flow input of pipeline "${inner.name}" has the text "${special.slice(0, MAX_SHOWN_NAME)}", which would be read as a reference within node "${outer}"`,
  );
}

/** Goes into what is written there, as far as that goes; the rest of the path is left to the reference that is found. */
function readGiven(of: InnerFlowInput, given: Json, reference: Reference): Json {
  const { prefix, path } = reference;
  let value = given;
  for (let depth = 0; ; depth++) {
    const found = typeof value === 'string' ? readReference(value) : undefined;
    if (found !== undefined) return lead(of, found, { prefix, rest: path.slice(depth) });
    const key = path[depth];
    if (key === undefined) break;
    const next = getPath(value, [key]);
    if (next === undefined) throw notFound(of.outer, reference);
    value = next;
  }
  if (prefix === '@') return value;
  if (isJsonArray(value) && findSpecial(value) !== undefined) {
    throw invalid(
      `node "${of.outer}" gives pipeline "${of.inner.name}" an array of references, which ${writeReference(reference)} can not take apart`,
    );
  }
  return toRawBatch(value);
}

/** A path into the array of a batch's outputs would be taken in each of them, and `#@` would leave out what has failed. */
function lead(
  { outer, inner, batches }: InnerFlowInput,
  found: Reference,
  { prefix, rest }: { readonly prefix: Reference['prefix']; readonly rest: readonly string[] },
): Json {
  if (batches.has(found.name) && (prefix !== '@' || rest.length > 0)) {
    const asked = writeReference({ prefix, name: 'flowInput', path: rest });
    throw invalid(
      `node "${outer}" gives pipeline "${inner.name}" the outputs of the batch "${found.name}", which ${asked} can not take apart`,
    );
  }
  return writeReference({ prefix, name: found.name, path: [...found.path, ...rest] });
}

/** As `#@` does with an array; anything else is an empty batch. */
function toRawBatch(value: Json): string {
  return `#${JSON.stringify(isJsonArray(value) ? value : [])}`;
}

function notFound(outer: string, { path }: Reference): Error {
  return invalid(`unable to find ${['flowInput', ...path].join('.')} of node "${outer}"`);
}
