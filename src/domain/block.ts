/**
 * The wire between the workflow and the activity `runBlock` (workflows/DESIGN.md, «runBlock»). Recorded histories hold
 * these shapes, so fields may be added and never changed.
 */
import type { BlobRef } from './blob';
import { batchId } from './events';
import type { IndexRuns } from './index-runs';
import { fromEntries, type Json } from './json';
import type { Part, StoredElements } from './stored';

/** A node's input with every reference replaced by what it stands for, for the items of one block. */
export type BlockForm =
  /** The same for every item. */
  | { readonly kind: 'value'; readonly value: Json }
  /** One value per item of the block, in the block's order. */
  | { readonly kind: 'each'; readonly values: readonly Json[] }
  /** `first` for the block's first item, `first + 1` for the next, and so on. */
  | { readonly kind: 'sequence'; readonly first: number }
  /** The same for every item: a value that lies in a blob, in one of its lines where one is named. */
  | { readonly kind: 'stored'; readonly blob: BlobRef; readonly line?: number; readonly path: readonly string[] }
  /** The same for every item: a list, the path taken in those of its values that lie in blobs. */
  | { readonly kind: 'storedList'; readonly parts: readonly Part[]; readonly path: readonly string[] }
  /** One value per item, in the block's order, as in such a list. */
  | { readonly kind: 'storedEach'; readonly parts: readonly Part[]; readonly path: readonly string[] }
  | { readonly kind: 'array'; readonly items: readonly BlockForm[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, BlockForm])[] };

export interface BlockInput {
  readonly jobId: string;
  readonly nodeName: string;
  readonly algorithmName: string;
  /** The items of a batch node; absent where the node is no batch and the block is its one task. */
  readonly items?: IndexRuns;
  readonly input: BlockForm;
  /** Which run of its items this is, 1-based. */
  readonly attempt: number;
  /** How long one item may work, in milliseconds; absent for no limit. */
  readonly itemTtlMs?: number;
  /** After so many milliseconds of work it begins no other item, and gives the rest back. Absent for no limit. */
  readonly budgetMs?: number;
  /**
   * It begins before the server has written down that it does: should its worker be lost without a word, any of its items
   * may have run. Absent: it does not.
   */
  readonly beginsAtOnce?: true;
  /** Of items whose pace nobody knows yet, by what it is told of; see {@link RestGivenBack}. Absent: it keeps them all. */
  readonly shared?: { readonly blockId: number; readonly afterMs: number };
  /** The endpoint that the items are sent to, one by one; absent where the worker has the algorithm itself. */
  readonly http?: { readonly url: string; readonly timeoutMs: number };
  /** No algorithm is run: an item's input is what it answers. */
  readonly output?: true;
  /** Above so many bytes its outcomes go to a blob, where the worker has a place for blobs. Absent: never. */
  readonly inlineBytes?: number;
  /** Arrays in what it answers whose elements become tasks. */
  readonly elementsOf?: readonly (readonly string[])[];
}

/**
 * The signal by which a block that is `shared` tells its job that it has worked for so long, and begins no other item
 * than its first ones: the rest goes to other blocks, while those are still in hand. Where it had begun all of them, it tells
 * of those that have ended a second later. Its own outcome is that of all that it has begun.
 */
export interface RestGivenBack {
  readonly blockId: number;
  /** How many of its items have begun, in the block's order. */
  readonly begun: number;
  /** Those of them that have ended, by position in the block: they do not wait for the others. */
  readonly ended: readonly (readonly [position: number, outcome: ItemOutcome])[];
}
export const REST_GIVEN_BACK = 'restGivenBack';

/** What an algorithm is given for one item, wherever it runs (contract §10). */
export interface ItemArgs {
  /** The node's input with every reference resolved. */
  readonly input: readonly Json[];
  /** `<pipeline name>:<uuid>`. */
  readonly jobId: string;
  /** `<nodeName>#<batchIndex>`, or the node's name where it is no batch. */
  readonly taskId: string;
  /** The node of the pipeline that the task belongs to. */
  readonly nodeName: string;
  /** The name under which the algorithm is served. */
  readonly algorithmName: string;
  /** 1-based; only in a batch. */
  readonly batchIndex?: number;
}

/** An error that ended an item. */
export interface ItemFailure {
  readonly error: string;
  /** No retry policy may retry it, as an expired ttl. */
  readonly final?: true;
  /** The algorithm did not throw it: its thread has died. */
  readonly crash?: true;
}

/** How one item ended: what it answered, or a blob that is it. */
export type ItemOutcome =
  { readonly result: Json } | { readonly blob: BlobRef; readonly elements?: readonly StoredElements[] } | ItemFailure;

/** Of an item that has worked for longer than its node's ttl. */
export const EXPIRED = { error: 'Algorithm TTL expired', final: true } as const;

/** The largest output of one item: Temporal refuses a payload over 2 MiB. */
export const MAX_OUTPUT_BYTES = 1_900_000;

export interface BlockOutcome {
  /** One per item, in the block's order. Where there are fewer than items, the rest was not begun and is given back. */
  readonly outcomes: readonly ItemOutcome[];
  /** What its items took in milliseconds: those that ran at a time count once. */
  readonly durationMs: number;
  /** The outcomes as JSON, in bytes; absent where `inlineBytes` was. */
  readonly bytes?: number;
  /** Instead of `outcomes`, which is empty then: a blob that holds the first `count` of them, one a line. */
  readonly stored?: {
    readonly blob: BlobRef;
    readonly count: number;
    /** Those of them that are errors, by position in the block, their texts shortened. */
    readonly failures: readonly (readonly [position: number, failure: ItemFailure])[];
    /** The largest output among them as JSON, in bytes. Absent where one is a blob of its own, or nobody has looked. */
    readonly largest?: number;
  };
}

/**
 * Memo of a job: true since it was first paused, until it ends. A block whose activity is canceled meanwhile finishes the
 * items in hand and gives the others back; canceled otherwise it drops them.
 */
export const BLOCKS_YIELD = 'blocksYield';

/** What a running block reports: the outcomes so far, by position in the block; null for an item that has none. */
export interface BlockHeartbeat {
  readonly outcomes: readonly (ItemOutcome | null)[];
  /** How many of its items may have begun at most, until the next report; absent where any may have. */
  readonly begun?: number;
}

export function isFailure(outcome: ItemOutcome): outcome is ItemFailure {
  return 'error' in outcome;
}

/** Whether something of it must be read from a blob first. */
export function isElsewhere(form: BlockForm): boolean {
  if (form.kind === 'array') return form.items.some(isElsewhere);
  if (form.kind === 'object') return form.entries.some(([, entry]) => isElsewhere(entry));
  return form.kind === 'stored' || form.kind === 'storedList' || form.kind === 'storedEach';
}

/** @returns the resolved input of the item at `position`, 0-based within the block. */
export function inputAt(form: BlockForm, position: number): Json {
  switch (form.kind) {
    case 'value':
      return form.value;
    case 'each':
      return form.values[position] ?? null;
    case 'sequence':
      return form.first + position;
    case 'stored':
    case 'storedList':
    case 'storedEach':
      throw new Error('a value that lies in a blob was not read');
    case 'array':
      return form.items.map((item) => inputAt(item, position));
    case 'object':
      return fromEntries(form.entries.map(([key, entry]) => [key, inputAt(entry, position)] as const));
  }
}

/**
 * @param position of the item, 0-based within the block
 * @param batchIndex the item's own, 1-based; undefined where the node is no batch
 */
export function argsAt(block: BlockInput, position: number, batchIndex: number | undefined): ItemArgs {
  const { jobId, nodeName, algorithmName } = block;
  const input = inputAt(block.input, position) as readonly Json[];
  if (batchIndex === undefined) return { input, jobId, taskId: nodeName, nodeName, algorithmName };
  return { input, jobId, taskId: batchId(nodeName, batchIndex - 1), nodeName, algorithmName, batchIndex };
}

/** @returns undefined where an output of so many bytes can travel */
export function refuseLarge(bytes: number): ItemOutcome | undefined {
  if (bytes <= MAX_OUTPUT_BYTES) return undefined;
  return {
    error: `the algorithm's output of ${String(bytes)} bytes is larger than ${String(MAX_OUTPUT_BYTES)}`,
    final: true,
  };
}
