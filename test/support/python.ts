/** Python for the tests that need it: as a client of the facade, and as a worker in another language. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { lockDataDir } from '../../src/cli/state';
import { until } from './until';

/** Making the environment takes some twenty seconds and a download of some 60 MB. */
export const PYTHON_TIMEOUT = 300_000;

/** Of all tests, as each environment takes its time; with their versions, so that no test changes by itself. */
const PACKAGES = [
  'fastapi==0.165.0',
  'moto[server]==5.2.5',
  'schemathesis==4.32.5',
  'standardwebhooks==1.1.0',
  'svix==2.9.1',
  'temporalio==1.35.0',
  'uvicorn==0.54.0',
];

const run = promisify(execFile);

const CACHE = path.resolve(__dirname, '../../node_modules/.cache/temporal-pipelines');
const HOME = path.join(CACHE, `python-${createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 12)}`);
const PYTHON = path.join(HOME, 'bin', 'python');

/**
 * Makes an environment with all that tests use, once on a machine: later calls find it. Call it with
 * `this.timeout(PYTHON_TIMEOUT)`.
 *
 * @returns the path of its `python`; run modules with `-m`, since its scripts do not outlive the move
 * @throws Error that says what is missing on the machine
 */
export async function ensurePython(): Promise<string> {
  const unlock = await until(
    'the environment can be made, or is there',
    // Another process may be at it.
    async () => existsSync(PYTHON) || (await lockDataDir(`${HOME}.lock`).catch(() => undefined)),
    PYTHON_TIMEOUT,
  );
  if (unlock === true) return PYTHON;
  try {
    if (!existsSync(PYTHON)) await make();
  } finally {
    await unlock();
  }
  return PYTHON;
}

async function make(): Promise<void> {
  const draft = `${HOME}-${String(process.pid)}`;
  const python = path.join(draft, 'bin', 'python');
  await mkdir(CACHE, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', draft]);
    await install(python);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new Error(`the tests need python3 >= 3.10 with venv and pip (Debian: python3-venv), and PyPI: ${why}`, {
      cause: error,
    });
  }
  await rename(draft, HOME);
}

/** By uv, which takes an eighth of pip's time; by pip where that is not to be had. */
async function install(python: string): Promise<void> {
  try {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', 'uv']);
    await run(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, ...PACKAGES]);
  } catch {
    await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  }
}
