/** Processes known by their id alone: they may be an earlier start's, so there is no handle to wait on. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const POLL = 50;

/** Whether a process of this id runs. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!isListed(pid)) return false;
  const state = await stateOf(pid);
  // A zombie may be reaped between the two looks, and then it has no state either.
  return state === undefined ? isListed(pid) : state !== ZOMBIE;
}

/** An ended process whose parent never asks for its exit code stays listed for ever, as in many containers. */
const ZOMBIE = 'Z';

function isListed(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is listed as well, we just may not signal it.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The kernel's letter for what a process does; undefined where the system does not tell. */
async function stateOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  // It follows the name, which is in parentheses and may itself contain some.
  return stat?.charAt(stat.lastIndexOf(')') + 2);
}

/** The command line of a running process, or undefined where there is none or it cannot be read. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (!(await isAlive(pid))) return undefined;
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    }
    if (process.platform === 'win32') {
      const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${String(pid)}").CommandLine`;
      return (await promisify(execFile)('powershell', ['-NoProfile', '-Command', query])).stdout.trim();
    }
    return (await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout.trim();
  } catch {
    return undefined;
  }
}

/** Asks a process to end, and kills it after `graceMs`. Resolves when it is gone. */
export async function stopProcess(pid: number, graceMs: number): Promise<void> {
  killProcess(pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (await isAlive(pid)) {
    if (Date.now() >= deadline) killProcess(pid, 'SIGKILL');
    await sleep(POLL);
  }
}

/** Sends a signal to a process that may be gone already. */
export function killProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
