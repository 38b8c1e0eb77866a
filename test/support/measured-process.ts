/** Processes that are measured, and what Linux tells of them. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { killProcess, stopProcess } from '../../src/temporal/processes';
import type { ReadyMessage } from '../../src/cli/child';

const STOP_GRACE_MS = 3_000;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** All that are running, so that none outlives whoever started it. */
const running = new Set<number>();

/** Ends what is still there at once; for the end of this process only. */
export function killAll(): void {
  for (const pid of running) killProcess(pid, 'SIGKILL');
}

/** Has {@link killAll} end a process that somebody else has started. */
export function adopt(pid: number): void {
  running.add(pid);
}

/** Tells that such a process has ended. */
export function release(pid: number): void {
  running.delete(pid);
}

export class Child {
  private constructor(
    readonly pid: number,
    /** What it has told when it was ready. */
    readonly ready: ReadyMessage,
    /** Rejects, with how, when it has ended. */
    readonly lost: Promise<never>,
  ) {}

  /** @throws Error where it ends before it is ready */
  static async start(module: string, args: readonly string[], env: Record<string, string> = {}): Promise<Child> {
    const child: ChildProcess = fork(module, args, {
      execArgv: extname(module) === '.ts' ? ['--import', 'tsx'] : [],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const pid = child.pid ?? 0;
    running.add(pid);
    const lost = once(child, 'exit').then(([code, signal]) => {
      running.delete(pid);
      throw new Error(`the process of ${basename(module)} has ended with ${String(code ?? signal)}`);
    });
    // Most end because they are asked to.
    lost.catch(() => undefined);
    const [ready] = (await Promise.race([once(child, 'message'), lost])) as [ReadyMessage];
    return new Child(pid, ready, lost);
  }

  async stop(): Promise<void> {
    await stopProcess(this.pid, STOP_GRACE_MS);
  }
}

/** What a process has used until now, user and system together, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  // The name before it is in parentheses and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Lets {@link peakBytes} begin anew. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${String(pid)}/clear_refs`, '5');
}

/** The most memory that a process has had resident. */
export async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
