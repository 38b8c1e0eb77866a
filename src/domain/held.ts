/** How much of its outcomes a job holds itself, and when they go to blobs. */
import { keepsRoom, type JobSettings } from './settings';

/** How much of its outcomes a job holds itself: what a run of its workflow hands to the next must fit into 2 MiB. */
export const MAX_INLINE_BYTES = 1_200_000;

/**
 * Above how many bytes of outcomes a job has some written down. Blocks are given what is left, so one that is nearly full
 * gives them none: each would write down its own few, and a job of a million items can't name so many blobs.
 */
export function mostHeld(settings: Pick<JobSettings, 'version'>): number {
  return keepsRoom(settings) ? MAX_INLINE_BYTES / 2 : MAX_INLINE_BYTES;
}

/** How many bytes of them go to one blob: they travel as a payload, of which Temporal takes 2 MiB and warns from half a MiB. */
export function mostWritten(settings: Pick<JobSettings, 'version'>): number {
  return keepsRoom(settings) ? 480_000 : 1_000_000;
}

/** So many blobs of outcomes a job may name, in its snapshot and in what its result is made of; with more, some are put together. */
export const MOST_BLOBS = 1_000;
