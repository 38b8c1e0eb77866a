import { condition } from '@temporalio/workflow';

/** As much as one workflow task may schedule without nearing Temporal's 4 MiB, and a history hold several times. */
const MAX_BYTES = 2_000_000;

/**
 * Room for what was read for foreign activities, since it goes through the history: as much at a time as all blocks may
 * hold together. How much one takes is known once it is read, so the first of a node has the room for itself.
 */
export class Room {
  private taken = 0;
  private readonly largest = new Map<string, number>();

  /** @returns how much was taken; undefined once it is no longer wanted */
  async take(nodeName: string, isUnwanted: () => boolean): Promise<number | undefined> {
    let bytes: number | undefined;
    await condition(() => {
      if (isUnwanted()) return true;
      const wanted = this.largest.get(nodeName) ?? MAX_BYTES;
      if (this.taken > 0 && this.taken + wanted > MAX_BYTES) return false;
      // At once: others may be let in by the same turn.
      this.taken += wanted;
      bytes = wanted;
      return true;
    });
    return bytes;
  }

  /** It was read, and has this size. */
  fit(nodeName: string, taken: number, bytes: number): void {
    this.largest.set(nodeName, Math.max(bytes, this.largest.get(nodeName) ?? 0));
    this.taken += bytes - taken;
  }

  free(bytes: number): void {
    this.taken -= bytes;
  }
}
