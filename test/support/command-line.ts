/** The command line in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { compiled } from './compiled';

const MAIN = join(__dirname, '../../src/cli/main.ts');

export interface CommandLine {
  readonly child: ChildProcess;
  /** So far. */
  readonly written: { stdout: string; stderr: string };
  readonly ended: Promise<[code: number | null]>;
}

/** @returns runs a command; what still runs after the test is asked to stop */
export function useCommandLine(): (args: readonly string[], env: NodeJS.ProcessEnv) => CommandLine {
  const started: ChildProcess[] = [];
  afterEach('stop the commands', async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
    }
  });
  return (args, env) => {
    const child = spawn(process.execPath, [compiled(MAIN), ...args], {
      env: { ...process.env, TEMPORAL_ADDRESS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    const written = { stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (written.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (written.stderr += data.toString()));
    return { child, written, ended: once(child, 'close') as Promise<[code: number | null]> };
  };
}
