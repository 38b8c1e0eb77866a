/** The parsed form of a node's input (contract §2, «Input grammar»). */
import type { Json } from '../json';

export type Path = readonly string[];

/** A part of a raw batch: listed values, or an inclusive range of integers that is never written out. */
export type BatchSegment =
  | { readonly kind: 'values'; readonly values: readonly Json[] }
  | { readonly kind: 'range'; readonly first: number; readonly last: number };

/** Where a reference points. */
export type Source =
  | { readonly kind: 'flowInput'; readonly path: Path }
  | { readonly kind: 'node'; readonly nodeName: string; readonly path: Path };

export type InputForm =
  | { readonly kind: 'literal'; readonly value: Json }
  /** `@…`: the whole value, the same for every task. */
  | { readonly kind: 'reference'; readonly source: Source }
  /** `#[…]`: one task per element. */
  | { readonly kind: 'rawBatch'; readonly segments: readonly BatchSegment[] }
  /** `#@…`: one task per element of what is referred to. */
  | { readonly kind: 'batchReference'; readonly source: Source }
  /** `*@…`: one task per item of a batch node, as soon as the item succeeds. */
  | { readonly kind: 'waitAny'; readonly source: Source & { readonly kind: 'node' } }
  | { readonly kind: 'array'; readonly items: readonly InputForm[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, InputForm])[] };

/** A form with no other form inside. */
export type InputLeaf = Exclude<InputForm, { kind: 'array' } | { kind: 'object' }>;

/** The leaves of a form in the order in which they are written, which is the order of a cartesian product. */
export function leaves(form: InputForm): InputLeaf[] {
  switch (form.kind) {
    case 'array':
      return form.items.flatMap(leaves);
    case 'object':
      return form.entries.flatMap(([, entry]) => leaves(entry));
    default:
      return [form];
  }
}

/** Whether a leaf makes one task per element. */
export function isBatchLeaf(leaf: InputLeaf): boolean {
  return leaf.kind === 'rawBatch' || leaf.kind === 'batchReference' || leaf.kind === 'waitAny';
}

/** What a leaf refers to, if anything. */
export function sourceOf(leaf: InputLeaf): Source | undefined {
  return 'source' in leaf ? leaf.source : undefined;
}
