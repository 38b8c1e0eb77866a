import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from './compiled';
import type { StoreReport, StoreTask } from './store-child';

const CHILD = require.resolve('./store-child');

/**
 * Runs each task in a process of its own. They begin at the same time: all processes have loaded their code by then.
 *
 * @returns the steps of the schema that each process took
 */
export async function inProcesses(tasks: readonly StoreTask[]): Promise<string[][]> {
  const children = tasks.map((task) => fork(compiled(CHILD), [JSON.stringify(task)], { execArgv: [] }));
  try {
    await Promise.all(children.map(nextMessage));
    const reports = children.map(nextMessage);
    for (const child of children) child.send('begin');
    return (await Promise.all(reports)).map((message) => {
      const report = message as StoreReport;
      if ('error' in report) throw new Error(report.error);
      return [...report.steps];
    });
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

/** Runs a task in a process of its own; nothing else happens in this one meanwhile. */
export function inProcess(task: StoreTask): void {
  execFileSync(process.execPath, [compiled(CHILD), JSON.stringify(task)]);
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a process ended with ${String(code)}`);
    }),
  ])) as unknown[];
  return message;
}
