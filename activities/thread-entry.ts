/** The thread's side of `thread.ts`: loads the algorithm, runs it once, tells what came of it. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Algorithm, AlgorithmContext, AlgorithmLog } from './algorithm';
import { messageOf, toJson } from './run-item';
import type { ThreadMessage, ThreadTask } from './thread';

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

function contextOf(attempt: number): AlgorithmContext {
  const stop = new AbortController();
  parentPort?.on('message', () => {
    stop.abort();
  });
  const logTo = (level: keyof AlgorithmLog) => (message: string, fields?: Record<string, unknown>) => {
    tell({ kind: 'log', level, message, ...(fields !== undefined && { fields }) });
  };
  return {
    signal: stop.signal,
    heartbeat: () => {
      tell({ kind: 'heartbeat' });
    },
    log: { info: logTo('info'), warn: logTo('warn'), error: logTo('error') },
    attempt,
  };
}

async function load({ module, keys }: ThreadTask): Promise<Algorithm> {
  let found: unknown =
    'required' in module ? createRequire(module.required)(module.required) : await import(module.imported);
  for (const key of keys) found = (found as Readonly<Record<string, unknown>>)[key];
  return found as Algorithm;
}

async function main(task: ThreadTask): Promise<void> {
  try {
    const algorithm = await load(task);
    const run = typeof algorithm === 'function' ? algorithm : algorithm.run;
    tell({ kind: 'result', text: toJson(await run(task.args, contextOf(task.attempt))) });
  } catch (error) {
    tell({ kind: 'error', message: messageOf(error) });
  }
}

void main(workerData as ThreadTask);
