import { condition, setHandler } from '@temporalio/workflow';
import { redeliverSignal } from './messages';

/** What somebody has asked a delivery for: at most one manual attempt waits at a time. */
export class ManualRequests {
  private dueAt: number | undefined;

  constructor() {
    setHandler(redeliverSignal, (delayMs = 0) => {
      this.dueAt = Math.min(this.dueAt ?? Infinity, Date.now() + delayMs);
    });
  }

  /** @returns true once one is due; false where none is by `until`, in epoch milliseconds */
  async wait(until: number): Promise<boolean> {
    for (;;) {
      const { dueAt } = this;
      if (dueAt !== undefined && dueAt <= Date.now()) return true;
      const left = Math.min(until, dueAt ?? Infinity) - Date.now();
      const changed = await condition(() => this.dueAt !== dueAt, Math.max(1, left));
      // Not by the clock: a timer that has fired is over whatever it says.
      if (!changed) return dueAt !== undefined && dueAt <= until;
    }
  }

  /** Called once the attempt is over: who asked while it was made, has it. */
  clear(): void {
    this.dueAt = undefined;
  }
}
