import type { Death, WorkerProcess } from './worker-process';

/** A worker that is started again whenever it dies, as an operator's supervisor would, and whose deaths are counted. */
export class KeptWorker {
  readonly deaths: Death[] = [];
  private closed = false;

  private constructor(
    private readonly spawn: () => WorkerProcess,
    private worker: WorkerProcess,
  ) {}

  /** @returns once it serves */
  static async start(spawn: () => WorkerProcess): Promise<KeptWorker> {
    const kept = new KeptWorker(spawn, spawn());
    void kept.keep();
    await kept.worker.ready;
    return kept;
  }

  /** Of the process that runs now. */
  get pid(): number {
    return this.worker.pid;
  }

  /** @returns once the process that runs now is dead; the next one is on its way */
  async kill(): Promise<Death> {
    return this.worker.kill();
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.closed = true;
    await this.worker.kill();
  }

  private async keep(): Promise<void> {
    for (;;) {
      const death = await this.worker.ended;
      if (this.closed) return;
      this.deaths.push(death);
      this.worker = this.spawn();
    }
  }
}
