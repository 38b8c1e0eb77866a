/**
 * How many tasks ride in one block (architecture §1): a first wave of single items, then about two seconds of work, and
 * never so many that the tail of the batch lies in one place, but some work as long as there is enough of it. Which items
 * share a block before their pace is known is in `share.ts`.
 */

export const FIRST_WAVE = 16;
const TARGET_MS = 2_000;
/** Below it, a block's way to a worker and back costs more than is won by another one, unless slots would be idle. */
export const LEAST_MS = 200;
/** Towards the end of a node a block may be of less, so that no worker waits for another, but not of less than this. */
const LEAST_AT_END_MS = 50;
const MAX_BLOCK = 1_000;

/** What decides about the size of a block. */
export interface Sizing {
  /** How many items wait. */
  readonly remaining: number;
  /** How many blocks of the job are running. */
  readonly inFlight: number;
  /** What the finished blocks of the node took together. */
  readonly measured: { readonly items: number; readonly ms: number };
}

/** The same of a node that is not wide. */
export interface BlockSizing extends Sizing {
  /** How many items of the node were ever handed out. */
  readonly handedOut: number;
  /** Whether a block is given some work, however little is left; not in jobs that earlier versions have started. */
  readonly hasLeastWork: boolean;
  /** Whether that work is less towards the end of the node; not in jobs that earlier versions have started. */
  readonly tapers: boolean;
}

/** How many items the next block of a node holds. */
export function blockSize(sizing: BlockSizing): number {
  const { handedOut, remaining, inFlight, measured } = sizing;
  if (handedOut < FIRST_WAVE || measured.items === 0) return 1;
  const perItem = Math.max(measured.ms / measured.items, TARGET_MS / MAX_BLOCK);
  const share = remaining / (4 * Math.max(1, inFlight));
  const least = leastOf(sizing);
  return Math.max(1, Math.floor(Math.min(TARGET_MS / perItem, MAX_BLOCK, Math.max(share, least))));
}

/** How many items are the least that a block is given, where so many are left. */
function leastOf({ remaining, inFlight, measured, hasLeastWork, tapers }: BlockSizing): number {
  if (!hasLeastWork) return 1;
  const perItem = Math.max(measured.ms / measured.items, LEAST_MS / MAX_BLOCK);
  if (!tapers) return LEAST_MS / perItem;
  // Half as many blocks as are in flight would take all that is left: so they get smaller with it.
  const taper = (2 * remaining) / Math.max(1, inFlight);
  return Math.max(Math.round(LEAST_AT_END_MS / perItem), Math.min(Math.round(LEAST_MS / perItem), taper));
}

/**
 * A node with more items than this has its blocks sized by {@link wideBlock}, where its job was not begun by an earlier
 * version. Of fewer the first wave is most of the work.
 */
export const WIDE = 500;
/** So many items hold no more outcomes than a heartbeat can carry. */
export const MAX_BLOCK_SIZE = 10_000;
/** One quick item says little of ten thousand others: so many of the first wave are waited for. */
export const ENOUGH = 4;
const TRUST = MAX_BLOCK_SIZE / ENOUGH;
/** A block that takes longer than it was thought to gives the rest back, but not for less than this. */
const LEAST_BUDGET_MS = 400;
/** How long the first wave of a wide node is waited for before the window is filled with more single items. */
export const FIRST_WAVE_MS = 1_000;

/** A block of a wide node, and when it is to begin no other item. */
export interface WideBlock {
  readonly size: number;
  readonly budgetMs: number;
}

/**
 * The next block of a wide node. One that is measured by a few quick items may be far too large, so it has a budget: what
 * it has not begun by then it gives back, and by then more is known.
 */
export function wideBlock({ remaining, inFlight, measured }: Sizing): WideBlock {
  if (measured.items === 0) return { size: 1, budgetMs: LEAST_BUDGET_MS };
  const perItem = Math.max(measured.ms / measured.items, LEAST_MS / MAX_BLOCK_SIZE);
  const share = remaining / (4 * Math.max(1, inFlight));
  const most = Math.min(TARGET_MS / perItem, MAX_BLOCK_SIZE, TRUST * measured.items);
  const size = Math.max(1, Math.floor(Math.min(most, Math.max(share, LEAST_MS / perItem))));
  return { size, budgetMs: Math.max(LEAST_BUDGET_MS, Math.round(2 * size * perItem)) };
}
