import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from './compiled';
import type { BlobReport, BlobTask } from './blob-child';

const CHILD = require.resolve('./blob-child');

/** A process of its own that works on a store, and is killed in the end. */
export class BlobProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Has loaded its code, and waits for `begin`. */
  static async start(task: BlobTask): Promise<BlobProcess> {
    const process = new BlobProcess(fork(compiled(CHILD), [JSON.stringify(task)], { execArgv: [] }));
    await process.next();
    return process;
  }

  /** @returns its report of the open store */
  async begin(): Promise<BlobReport> {
    const report = this.next();
    this.child.send('begin');
    return (await report) as BlobReport;
  }

  /** Resolves as it begins its next put. */
  async put(): Promise<void> {
    await this.next();
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private async next(): Promise<unknown> {
    const [message] = (await Promise.race([
      once(this.child, 'message'),
      once(this.child, 'exit').then(([code]) => {
        throw new Error(`a process ended with ${String(code)}`);
      }),
    ])) as unknown[];
    return message;
  }
}
