/** Blobs in memory, read at once: for the engine without Temporal. A second, simpler account of what a reference stands for. */
import { isFailure, type BlockForm, type BlockOutcome, type ItemOutcome } from '../../src/domain/block';
import type { BlobRef } from '../../src/domain/blob';
import type { ResultEntry } from '../../src/domain/events';
import { getPath, isJsonArray, type Json } from '../../src/domain/json';
import { entryHead, type ResultPart } from '../../src/domain/result-parts';
import type { KeepInput, KeptOutcomes } from '../../src/domain/keep';
import type { Part, StoredFlowInput } from '../../src/domain/stored';
import type { parsePipeline } from '../../src/domain/validate';

const blobs = new Map<string, readonly ItemOutcome[]>();

function put(outcomes: readonly ItemOutcome[]): BlobRef {
  const key = `memory/${String(blobs.size)}`;
  blobs.set(key, outcomes);
  return { store: 'memory', key, size: JSON.stringify(outcomes).length };
}

function lines(blob: BlobRef): readonly ItemOutcome[] {
  const found = blobs.get(blob.key);
  if (found === undefined) throw new Error(`there is no blob ${blob.key}`);
  return found;
}

function valueOf(outcome: ItemOutcome | undefined): Json {
  if (outcome === undefined || isFailure(outcome)) return null;
  return 'blob' in outcome ? valueOf(lines(outcome.blob)[0]) : outcome.result;
}

/** As a worker answers it that keeps as little as it can in the history. */
export function storeOutcomes(
  outcomes: readonly ItemOutcome[],
  elementsOf: readonly (readonly string[])[] = [],
): BlockOutcome {
  const [first] = outcomes;
  const base = { outcomes: [], durationMs: 1, bytes: 0 };
  if (outcomes.length === 1 && first !== undefined && 'result' in first) {
    const elements = elementsOf.map((path) => {
      const list = getPath(first.result, path);
      const values = isJsonArray(list) ? list : [];
      // In more blobs than one, where there are more elements.
      const chunks = [values.slice(0, 2), values.slice(2)].filter((chunk) => chunk.length > 0);
      return {
        path,
        chunks: chunks.map((chunk) => [put(chunk.map((result) => ({ result }))), chunk.length] as const),
      };
    });
    return { ...base, outcomes: [{ blob: put([first]), ...(elements.length > 0 && { elements }) }] };
  }
  const failures = outcomes.flatMap((outcome, position) => {
    return isFailure(outcome) ? [[position, outcome] as const] : [];
  });
  return { ...base, stored: { blob: put(outcomes), count: outcomes.length, failures } };
}

/** What a job holds itself, written down. */
export function keptOf(input: KeepInput): KeptOutcomes {
  if ('runs' in input) {
    return { blob: put(input.runs.flatMap(({ blob, line, count }) => lines(blob).slice(line, line + count))) };
  }
  const { outcomes, elementsOf } = input;
  if (elementsOf === undefined) return { blob: put(outcomes) };
  const [outcome] = storeOutcomes(outcomes, elementsOf).outcomes;
  if (outcome === undefined) throw new Error('one outcome is written down');
  return { outcome };
}

/** As a client leaves a flow input behind; nothing where there is none. */
export function storeFlowInput({ pipeline, plans }: ReturnType<typeof parsePipeline>): StoredFlowInput | undefined {
  const { flowInput } = pipeline;
  if (flowInput === undefined) return undefined;
  const paths = plans.flatMap(({ leaves }) =>
    leaves.flatMap((leaf) => {
      return leaf.kind === 'batchReference' && leaf.source.kind === 'flowInput' ? [leaf.source.path] : [];
    }),
  );
  const [stored] = storeOutcomes([{ result: flowInput }], paths).outcomes;
  return stored !== undefined && 'blob' in stored ? { blob: stored.blob, elements: stored.elements ?? [] } : undefined;
}

/** An input with every reference replaced by what it stands for. */
export function readForm(form: BlockForm): BlockForm {
  switch (form.kind) {
    case 'stored': {
      const part =
        form.line === undefined ? { blob: form.blob } : { blob: form.blob, lines: [[form.line, 1] as const] };
      return { kind: 'value', value: read(part, form.path)[0] ?? null };
    }
    case 'storedList':
      return { kind: 'value', value: form.parts.flatMap((part) => read(part, form.path)) };
    case 'storedEach':
      return { kind: 'each', values: form.parts.flatMap((part) => read(part, form.path)) };
    case 'array':
      return { kind: 'array', items: form.items.map(readForm) };
    case 'object':
      return { kind: 'object', entries: form.entries.map(([key, entry]) => [key, readForm(entry)]) };
    default:
      return form;
  }
}

function read(part: Part, path: readonly string[]): Json[] {
  if ('values' in part) return [...part.values];
  const all = lines(part.blob);
  const taken = 'lines' in part ? part.lines.flatMap(([first, count]) => all.slice(first, first + count)) : all;
  return taken.map((outcome) => getPath(valueOf(outcome), path) ?? null);
}

/** The data of a result that was written down. */
export function entriesOf(parts: readonly ResultPart[]): ResultEntry[] {
  return parts.flatMap((part) =>
    part.runs.flatMap((run) => {
      const outcomes = 'outcomes' in run ? run.outcomes : lines(run.blob).slice(run.line, run.line + run.count);
      return outcomes.map((outcome, offset) => ({
        ...entryHead(part, run.first + offset),
        ...(isFailure(outcome) ? { error: outcome.error } : { result: valueOf(outcome) }),
      }));
    }),
  );
}
