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
