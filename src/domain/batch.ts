/** How a node becomes tasks: its width, what each task gets, and how many tasks ride in one block. */
import type { BlockForm } from './block';
import type { NodePlan } from './graph';
import { isBatchLeaf, type InputForm, type InputLeaf } from './input/ast';
import { resolveLeaf, type Elements, type ResolvedLeaf, type Scope } from './input/resolve';
import type { Json } from './json';
import { areAtHand, toParts } from './stored';

/** A node whose parents are done. */
export interface Expansion {
  /** The number of tasks; 1 for a node that is no batch, 0 for an empty batch. */
  readonly width: number;
  /** @param indexes 0-based task indexes, in the block's order */
  bind(indexes: readonly number[]): BlockForm;
}

export function expand(plan: NodePlan, scope: Scope): Expansion {
  const resolved = new Map<InputLeaf, ResolvedLeaf>(plan.leaves.map((leaf) => [leaf, resolveLeaf(leaf, scope)]));
  const batches = plan.leaves.filter(isBatchLeaf).map((leaf) => elementsOf(resolved, leaf));
  const cartesian = plan.batchOperation === 'cartesian';
  const lengths = batches.map((elements) => elements.length);
  const width = !plan.isBatch
    ? 1
    : cartesian
      ? lengths.reduce((product, length) => product * length, 1)
      : lengths.reduce((longest, length) => Math.max(longest, length), 0);

  /** Which element of the batch leaf at `position` the task at `index` gets; the last leaf varies fastest. */
  const elementIndex = (position: number, index: number): number => {
    if (!cartesian) return index;
    const stride = lengths.slice(position + 1).reduce((product, length) => product * length, 1);
    return Math.floor(index / stride) % (lengths[position] ?? 1);
  };

  const bindLeaf = (leaf: InputLeaf, indexes: readonly number[]): BlockForm => {
    if (!isBatchLeaf(leaf)) {
      const found = resolved.get(leaf);
      if (found?.kind === 'stored') return found.form;
      return { kind: 'value', value: found?.kind === 'value' ? found.value : null };
    }
    const elements = elementsOf(resolved, leaf);
    const position = batches.indexOf(elements);
    const values = indexes.map((index) => elements.at(elementIndex(position, index)) ?? null);
    return areAtHand(values)
      ? compress(values)
      : { kind: 'storedEach', parts: toParts(values), path: elements.path ?? [] };
  };

  const bindForm = (form: InputForm, indexes: readonly number[]): BlockForm => {
    switch (form.kind) {
      case 'array':
        return { kind: 'array', items: form.items.map((item) => bindForm(item, indexes)) };
      case 'object':
        return { kind: 'object', entries: form.entries.map(([key, entry]) => [key, bindForm(entry, indexes)]) };
      default:
        return bindLeaf(form, indexes);
    }
  };

  return { width, bind: (indexes) => bindForm(plan.input, indexes) };
}

function elementsOf(resolved: ReadonlyMap<InputLeaf, ResolvedLeaf>, leaf: InputLeaf): Elements {
  const found = resolved.get(leaf);
  if (found?.kind !== 'elements') throw new Error('a batch leaf was not resolved');
  return found.elements;
}

/** Consecutive integers travel as their first. */
function compress(values: readonly Json[]): BlockForm {
  const first = values[0];
  const consecutive =
    typeof first === 'number' &&
    Number.isSafeInteger(first) &&
    values.length > 1 &&
    values.every((value, offset) => value === first + offset);
  return consecutive ? { kind: 'sequence', first } : { kind: 'each', values };
}

/** So many items of a node ride alone, until their time is known. */
export const FIRST_WAVE = 16;
const TARGET_MS = 2_000;
/** Below it, a block's way to a worker and back costs more than its work. */
const LEAST_MS = 200;
const MAX_BLOCK = 1_000;

/** What decides about the size of a block. */
export interface BlockSizing {
  /** How many items of the node were ever handed out. */
  readonly handedOut: number;
  /** How many items wait. */
  readonly remaining: number;
  /** How many blocks of the job are running. */
  readonly inFlight: number;
  /** What the finished blocks of the node took together. */
  readonly measured: { readonly items: number; readonly ms: number };
  /** Whether a block is given some work, however little is left; not in jobs that earlier versions have started. */
  readonly hasLeastWork: boolean;
}

/**
 * How many items the next block of a node holds (architecture: a first wave of single items, then about two seconds of
 * work, and never so many that the tail of the batch lies in one place, unless it is no work to speak of).
 */
export function blockSize({ handedOut, remaining, inFlight, measured, hasLeastWork }: BlockSizing): number {
  if (handedOut < FIRST_WAVE || measured.items === 0) return 1;
  const perItem = Math.max(measured.ms / measured.items, TARGET_MS / MAX_BLOCK);
  const share = remaining / (4 * Math.max(1, inFlight));
  const least = hasLeastWork ? LEAST_MS / Math.max(measured.ms / measured.items, LEAST_MS / MAX_BLOCK) : 1;
  return Math.max(1, Math.floor(Math.min(TARGET_MS / perItem, MAX_BLOCK, Math.max(share, least))));
}
