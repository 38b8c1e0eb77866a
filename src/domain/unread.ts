/**
 * Nodes whose input can not be read from where it lies. The items wait, and no run is counted: a store that is away comes
 * back. What is gone for good fails the job, after as long as an algorithm is waited for that no worker serves.
 */
import { failJob } from './endings';
import type { Job, NodeState } from './job';

/** A block whose worker could not read its input: nothing of it has begun. */
export interface UnreadInput {
  readonly blockId: number;
  /** By the word of the store. */
  readonly error: string;
  /** Whether it would be of no use to try again, as far as the store knows: somebody may put the blob back. */
  readonly isGone: boolean;
}

const FIRST_TRY_MS = 1_000;
const LONGEST_TRY_MS = 30_000;
/** A try that has not come back by then has read its input: its items may work for hours. */
const READ_WITHIN_MS = 10_000;

/** Whether a block of the node may be handed out. */
export function mayRead({ unread }: NodeState): boolean {
  return unread === undefined || (unread.nextAt === undefined && unread.probe === undefined);
}

/** A block was handed out. */
export function noteReading(node: NodeState, blockId: number, now: number): void {
  if (node.unread !== undefined) node.unread = { ...node.unread, probe: blockId, nextAt: now + READ_WITHIN_MS };
}

/** Something of a block has begun. */
export function noteRead(node: NodeState, blockId: number): void {
  if (node.unread?.probe === blockId) node.unread = undefined;
}

/** @returns whether the node begins to wait by it */
export function noteUnread(job: Job, node: NodeState, { blockId, error, isGone }: UnreadInput, now: number): boolean {
  const { unread } = node;
  // Of the blocks that were handed out together the first to fail has told.
  if (unread !== undefined && unread.probe !== blockId) return false;
  const tries = (unread?.tries ?? 0) + 1;
  const goneSince = isGone ? (unread?.goneSince ?? now) : undefined;
  const giveUpAt = goneSince === undefined ? Infinity : goneSince + job.settings.algorithmWaitMs;
  if (now >= giveUpAt) {
    failJob(
      job,
      { level: 'critical', error: `the input can not be read: ${error}`, nodeName: node.plan.nodeName },
      now,
    );
    return false;
  }
  const nextAt = Math.min(now + Math.min(FIRST_TRY_MS * 2 ** (tries - 1), LONGEST_TRY_MS), giveUpAt);
  node.unread = { tries, nextAt, ...(goneSince !== undefined && { goneSince }) };
  return unread === undefined;
}

/** Time has passed. */
export function passReads(job: Job, now: number): void {
  for (const node of job.nodes) {
    const { unread } = node;
    if (unread?.nextAt === undefined || unread.nextAt > now) continue;
    const { nextAt: _, ...due } = unread;
    node.unread = unread.probe === undefined ? due : undefined;
  }
}

/** When the next of them is due; infinite where none is. */
export function nextRead(job: Job): number {
  return job.nodes.reduce((next, { unread }) => Math.min(next, unread?.nextAt ?? Infinity), Infinity);
}
