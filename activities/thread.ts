/** Runs an item in a worker thread of its own, so that code that never yields blocks nothing and can be ended. */
import { Worker } from 'node:worker_threads';
import type { Algorithm, AlgorithmArgs, AlgorithmContext, AlgorithmFunction, AlgorithmLog } from './algorithm';
import { CrashError, messageOf } from './run-item';
import { findHome, type ThreadHome } from './thread-home';

/** What a thread is started with. */
export interface ThreadTask extends ThreadHome {
  readonly args: AlgorithmArgs;
  readonly attempt: number;
}

/** What a thread tells. */
export type ThreadMessage =
  | { readonly kind: 'log'; readonly level: keyof AlgorithmLog; readonly message: string; readonly fields?: object }
  | { readonly kind: 'heartbeat' }
  /** JSON, which is what an output becomes anyway. */
  | { readonly kind: 'result'; readonly text: string }
  | { readonly kind: 'error'; readonly message: string };

/** How long an item may take to heed its `signal` before its thread is ended. */
const GRACE_MS = 1_000;

/** Run from its sources, which only this repository does: a thread does not inherit the loader of TypeScript. */
const FROM_SOURCES = __filename.endsWith('.ts') ? { execArgv: ['--require', 'tsx/cjs'] } : {};

export function inThread(algorithm: Algorithm, name: string): AlgorithmFunction {
  return async (args, context) =>
    runThread({ ...(await findHome(algorithm, name)), args, attempt: context.attempt }, context);
}

async function runThread(workerData: ThreadTask, context: AlgorithmContext): Promise<unknown> {
  const thread = new Worker(require.resolve('./thread-entry'), { workerData, ...FROM_SOURCES });
  let force: NodeJS.Timeout | undefined;
  const abort = (): void => {
    thread.postMessage('abort');
    force = setTimeout(() => void thread.terminate(), GRACE_MS);
  };
  context.signal.addEventListener('abort', abort, { once: true });
  if (context.signal.aborted) abort();
  try {
    return await new Promise<unknown>((resolve, reject) => {
      thread.on('message', (message: ThreadMessage) => {
        if (message.kind === 'log') context.log[message.level](message.message, { ...message.fields });
        else if (message.kind === 'heartbeat') context.heartbeat();
        else if (message.kind === 'error') reject(new Error(message.message));
        else resolve(JSON.parse(message.text));
      });
      // What the algorithm throws comes as a message: this is the end of the thread itself.
      thread.once('error', (error) => {
        reject(new CrashError(`the algorithm's thread has crashed: ${messageOf(error)}`));
      });
      thread.once('exit', (code) => {
        reject(new CrashError(`the algorithm's thread has ended with exit code ${String(code)}`));
      });
    });
  } finally {
    context.signal.removeEventListener('abort', abort);
    clearTimeout(force);
    await thread.terminate();
  }
}
