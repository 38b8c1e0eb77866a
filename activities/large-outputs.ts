/**
 * Outputs that are on their way to a blob, of all blocks of a worker: while there are many, no other item begins, so that a
 * store that is slower than the items does not fill the worker's memory with what they have answered.
 */

/** As each may have a megabyte or more. */
const MOST = 16;

export class LargeOutputs {
  private held = 0;
  private waiting: (() => void)[] = [];

  get isFull(): boolean {
    return this.held >= MOST;
  }

  /** Waits until one has left: whether there is room then is to be looked at again. */
  async room(): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** @param store settled once the output is held no more */
  async hold<T>(store: () => Promise<T>): Promise<T> {
    this.held++;
    try {
      return await store();
    } finally {
      this.held--;
      // Each looks for itself whether there is room: whoever goes on may hold nothing, and would wake nobody.
      const woken = this.waiting;
      this.waiting = [];
      for (const wake of woken) wake();
    }
  }
}
