/** A worker in a process of its own, as `temporal-pipelines worker` runs it, so that it can be killed. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { TestTemporal } from './temporal';

const MAIN = resolve(__dirname, '../../src/cli/main.ts');

export interface WorkerProcessOptions {
  readonly taskQueue: string;
  /** Module paths, as in `ALGORITHMS`. */
  readonly algorithms: string;
}

export class WorkerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** @returns once it serves */
  static async start(temporal: TestTemporal, options: WorkerProcessOptions): Promise<WorkerProcess> {
    const child = fork(MAIN, ['worker'], {
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: temporal.address,
        TASK_QUEUE: options.taskQueue,
        ALGORITHMS: options.algorithms,
        WEBHOOK_ALLOW: '127.0.0.0/8',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ready = once(child, 'message');
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the worker ended with ${String(code)} before it was ready`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    return new WorkerProcess(child);
  }

  /** As the kernel would when memory is out: it gets no chance to say anything. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
