/**
 * The first items of a node share one block (DESIGN.md, «Shared blocks»): nobody knows yet how long they take, and for
 * quick ones a block each costs more than their work. What is not begun after a moment is given back by a signal.
 */
import { FIRST_WAVE, WIDE } from './block-size';
import type { RestGivenBack } from './block';
import type { BlockInFlight, Job, NodeState } from './job';

/** Less than the way of a block to a worker and back: items that take longer are spread. In milliseconds. */
export const SHARED_FOR_MS = 20;
/** Jobs of earlier versions go on with a block for each. */
const SINCE_VERSION = 2;

/**
 * Few items, or the first ones of a wide node, whose pace is to be known before blocks are sized. Between the two the first
 * wave is a good part of the work, and goes to all workers at once.
 */
export function mayShare(job: Job, node: NodeState): boolean {
  if (job.settings.version < SINCE_VERSION || job.batches.isInUse) return false;
  return node.next === 0 && node.measured.items === 0 && (node.width <= FIRST_WAVE || node.width > WIDE);
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
