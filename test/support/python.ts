/** Python for the tests that need it: as a client of the facade, and as a worker in another language. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** Making an environment takes some ten seconds and a download of some 20 MB. */
export const PYTHON_TIMEOUT = 300_000;

const run = promisify(execFile);

const CACHE = path.resolve(__dirname, '../../node_modules/.cache/temporal-pipelines');

/**
 * Makes an environment with `packages`, once on a machine: later calls find it.
 *
 * @param packages as pip takes them; name the versions, so that a test does not change by itself
 * @returns the path of its `python`; run modules with `-m`, since its scripts do not outlive the move
 * @throws Error that says what is missing on the machine
 */
export async function ensurePython(packages: readonly string[]): Promise<string> {
  const key = createHash('sha256')
    .update([...packages].sort().join('\n'))
    .digest('hex')
    .slice(0, 12);
  const home = path.join(CACHE, `python-${key}`);
  const python = path.join(home, 'bin', 'python');
  if (existsSync(python)) return python;
  // Another process may make the same: whoever is first moves its own to the place.
  const draft = `${home}-${String(process.pid)}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', draft]);
    await run(path.join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new Error(`the tests need python3 >= 3.10 with venv and pip (Debian: python3-venv), and PyPI: ${why}`, {
      cause: error,
    });
  }
  await rename(draft, home).catch((error: unknown) => {
    if (!existsSync(python)) throw error;
    return rm(draft, { recursive: true });
  });
  return python;
}
