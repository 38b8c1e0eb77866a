/** One child process that is started again when it dies. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHILD_GRACE, type ReadyMessage, type StopMessage } from './child';

export interface SupervisedOptions {
  /** As the user knows it: `worker`, `facade`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Told of each new process. */
  readonly onSpawn: (pid: number) => void;
}

const FIRST_DELAY = 1_000;
/** Of one that dies again and again before it is ready; one that was ready is started again at once, for all jobs need it. */
const LONGEST_DELAY = 30_000;
const READY_WITHIN = 60_000;

export class Supervised {
  #child: ChildProcess | undefined;
  #delay = FIRST_DELAY;
  readonly #stopping = new AbortController();

  constructor(private readonly options: SupervisedOptions) {}

  /** Of the process that runs now, or ran last. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /**
   * Starts the process and resolves when it says that it is ready; from then on it is started again whenever it ends.
   *
   * @throws an Error where it ends before that, or says nothing for a minute
   */
  async start(): Promise<ReadyMessage> {
    const child = this.#fork();
    const { name } = this.options;
    const timeout = AbortSignal.timeout(READY_WITHIN);
    const ready = await new Promise<ReadyMessage>((resolve, reject) => {
      child.on('message', (message) => {
        if (isReady(message)) resolve(message);
      });
      child.once('exit', (code, signal) => {
        reject(new Error(`the ${name} has ended at its start (${ending(code, signal)})`));
      });
      timeout.onabort = () => {
        reject(new Error(`the ${name} is not ready after ${String(READY_WITHIN / 1_000)} s`));
      };
    });
    this.#watch(child);
    return ready;
  }

  /** Lets the process finish what it has in hand; by force after its grace period. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const exit = once(child, 'exit');
    // A child that ends this very moment cannot be told any more, and need not be.
    if (child.connected) child.send({ stop: true } satisfies StopMessage, () => undefined);
    const force = setTimeout(() => child.kill('SIGKILL'), CHILD_GRACE + 2_000);
    await exit;
    clearTimeout(force);
  }

  /** Ends the process at once, as a crash would. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #fork(): ChildProcess {
    const { name, file, args, execArgv, env, log, onSpawn } = this.options;
    // A process group of its own: Ctrl-C in a terminal reaches the supervisor alone, which then stops all in order.
    const child = fork(file, [...args], {
      execArgv: [...execArgv],
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => {
      if (isReady(message)) this.#delay = FIRST_DELAY;
    });
    child.on('error', (error) => {
      log(`the ${name}: ${error.message}`);
    });
    if (child.pid !== undefined) onSpawn(child.pid);
    return child;
  }

  #watch(child: ChildProcess): void {
    const restart = (code: number | null, signal: NodeJS.Signals | null): void => {
      void this.#restart(ending(code, signal));
    };
    if (hasEnded(child)) restart(child.exitCode, child.signalCode);
    else child.once('exit', restart);
  }

  async #restart(how: string): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, LONGEST_DELAY);
    this.options.log(`the ${this.options.name} has ended (${how}): starting it again in ${String(delay / 1_000)} s`);
    try {
      await sleep(delay, undefined, { signal });
    } catch {
      return;
    }
    this.#watch(this.#fork());
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${String(code)}`;
}

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true;
}
