/** A real worker in Python, whose activities are algorithms (`python/worker.py`). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { ensurePython } from './python';

const SOURCE = resolve(__dirname, 'python/worker.py');

export class PythonWorker {
  private readonly ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'exit');
  }

  /**
   * @param name by which it tells itself from another
   * @returns once it serves
   */
  static async start(address: string, taskQueue: string, name: string): Promise<PythonWorker> {
    const child = spawn(await ensurePython(), [SOURCE, address, taskQueue, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const worker = new PythonWorker(child);
    const tooEarly = worker.ended.then(() => {
      throw new Error('the worker in Python ended before it was ready');
    });
    tooEarly.catch(() => undefined);
    await Promise.race([once(child.stdout, 'data'), tooEarly]);
    return worker;
  }

  /** As the kernel would when memory is out. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
