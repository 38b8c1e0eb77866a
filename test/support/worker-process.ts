/** A worker in a process of its own, as `temporal-pipelines worker` runs it, so that it can be killed. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { compiled } from './compiled';

const MAIN = resolve(__dirname, '../../src/cli/main.ts');

export interface WorkerProcessOptions {
  /** Of the Temporal server. */
  readonly address: string;
  readonly taskQueue: string;
  /** A source here, such as `ALGORITHMS` names one of a user's. */
  readonly algorithms: string;
  /** Where it keeps large values. Default: that of a worker which is told nothing. */
  readonly dataDir?: string;
  /** The build of the Worker Deployment `TASK_QUEUE` that it is. Default: no worker versioning. */
  readonly buildId?: string;
}

/** The end of a worker: what it had in hand is lost. */
export interface Death {
  readonly pid: number;
  readonly at: number;
  /** Null where a signal ended it. */
  readonly code: number | null;
}

export class WorkerProcess {
  /** Resolves once it serves; rejects where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<Death>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'exit').then(() => ({ pid: this.pid, at: Date.now(), code: child.exitCode }));
    const tooEarly = this.ended.then(() => {
      throw new Error(`the worker ended with ${String(child.exitCode ?? child.signalCode)} before it was ready`);
    });
    tooEarly.catch(() => undefined);
    this.ready = Promise.race([once(child, 'message').then(() => undefined), tooEarly]);
    // Not everybody waits for it.
    this.ready.catch(() => undefined);
  }

  /** @returns at once; see `ready` */
  static spawn({ address, taskQueue, algorithms, dataDir, buildId }: WorkerProcessOptions): WorkerProcess {
    const child = fork(compiled(MAIN), ['worker'], {
      execArgv: [],
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: address,
        TASK_QUEUE: taskQueue,
        ALGORITHMS: compiled(algorithms),
        WEBHOOK_ALLOW: '127.0.0.0/8',
        LOG_LEVEL: 'error',
        ...(dataDir !== undefined && { DATA_DIR: dataDir }),
        ...(buildId !== undefined && { TEMPORAL_DEPLOYMENT_NAME: taskQueue, TEMPORAL_WORKER_BUILD_ID: buildId }),
      },
      // Its own log goes to stderr; what Temporal's core has to say of late answers is no news here.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new WorkerProcess(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** SIGSTOP hangs it, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As the kernel would when memory is out: it gets no chance to say anything. */
  async kill(): Promise<Death> {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** Lets it finish what is in hand, as far as its grace goes. */
  async stop(): Promise<Death> {
    this.signal('SIGTERM');
    return this.ended;
  }
}
