/**
 * Items of which nobody knows yet how long they take share a block (DESIGN.md, «Shared blocks»), since for quick ones a
 * block each costs more than their work. What is not begun after a moment is given back by a signal.
 */
import { hasRunsToSpare } from './begin-at-once';
import { FIRST_WAVE, LEAST_MS, WIDE } from './block-size';
import type { RestGivenBack } from './block';
import type { BlockInFlight, Job, NodeState } from './job';
import { fitsBlocks } from './settings';

/** Less than the way of a block to a worker and back: items that take longer are spread. In milliseconds. */
const FIRST_SHARED_MS = 20;
/** As much work as a block is given at least once the pace is known. In milliseconds. */
const ROUND_SHARED_MS = LEAST_MS;
/** Jobs of earlier versions go on with a block for each. */
const SINCE_VERSION = 2;
/** So many of a later round share a block: where they take longer than they are shared, few are held meanwhile. */
const FEW = 4;

/** Items that share a block, and for how long: after so many milliseconds what is not begun is given back. */
export interface Sharing {
  readonly count: number;
  readonly forMs: number;
}

/**
 * Few items, or the first ones of a wide node, whose pace is to be known before blocks are sized. Between the two the first
 * wave is a good part of the work, and goes to all workers at once; of what comes then, as much as there are rounds of the
 * window to do shares a block, while nothing is known of the first.
 *
 * @returns undefined where each item rides alone
 */
export function sharingOf(job: Job, node: NodeState, waiting: number): Sharing | undefined {
  const { settings, batches } = job;
  if (settings.version < SINCE_VERSION || batches.isInUse || node.measured.items > 0) return undefined;
  const isBetween = node.width > FIRST_WAVE && node.width <= WIDE;
  if (!isBetween) return node.next === 0 ? { count: FIRST_WAVE, forMs: FIRST_SHARED_MS } : undefined;
  const rounds = Math.floor(waiting / settings.window);
  // Of a block that is lost before its first word all items count as run, though one had begun.
  if (!fitsBlocks(settings) || node.next < FIRST_WAVE || rounds < 2 || !hasRunsToSpare(node.plan.retry))
    return undefined;
  return { count: Math.min(FEW, rounds), forMs: ROUND_SHARED_MS };
}

/** Whether the next block of a wide node waits for what its first one tells. */
export function waitsForShared({ isSharing, width }: NodeState): boolean {
  return isSharing && width > WIDE;
}

/**
 * Takes the items from a block that it is not to run.
 *
 * @returns the block as it was, and those items; undefined where it has ended, or has given them back already
 */
export function takeRest(
  job: Job,
  { blockId, begun, ended }: RestGivenBack,
): { readonly block: BlockInFlight; readonly rest: number[] } | undefined {
  const block = job.blocks.get(blockId);
  if (block?.isShared !== true) return undefined;
  const { isShared: _, ...kept } = block;
  const told = ended.flatMap(([position]) => block.indexes[position] ?? []);
  job.blocks.set(blockId, { ...kept, indexes: block.indexes.slice(0, begun), told });
  block.node.isSharing = false;
  return { block, rest: block.indexes.slice(begun) };
}
