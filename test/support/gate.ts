/** Holds algorithms until the test lets them go on. */
export class Gate {
  private readonly opened = new Set<string>();
  private readonly waiting = new Map<string, (() => void)[]>();

  /** @returns once the gate of that name is open; rejects when the algorithm is told to stop */
  async wait(name: string, signal: AbortSignal): Promise<void> {
    if (this.opened.has(name)) return;
    await new Promise<void>((resolve, reject) => {
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), resolve]);
      signal.addEventListener('abort', () => {
        reject(new Error('told to stop'));
      });
    });
  }

  open(name: string): void {
    this.opened.add(name);
    this.waiting.get(name)?.forEach((resolve) => {
      resolve();
    });
    this.waiting.delete(name);
  }
}
