/** A Python with Temporal's SDK, in a folder of this repository's cache: made by the first test that asks. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Of PyPI. The folder bears it, so that another version makes another folder. */
const TEMPORALIO = 'temporalio==1.35.0';
const FOLDER = resolve(__dirname, '../../node_modules/.cache/temporal-pipelines', `python-${TEMPORALIO}`);

/** Making it takes some ten seconds and a download of 20 MB. */
export const PYTHON_TIMEOUT = 300_000;

const run = promisify(execFile);

/**
 * @returns the path of its interpreter
 * @throws Error of one line that says what this machine lacks
 */
export async function pythonWithTemporal(): Promise<string> {
  const python = join(FOLDER, 'bin', 'python');
  if (existsSync(join(FOLDER, 'complete'))) return python;
  await expectPython();
  // Another process of the tests may make it as well: whoever is first has made it.
  const making = `${FOLDER}.${String(process.pid)}`;
  await mkdir(dirname(making), { recursive: true });
  try {
    await step(['-m', 'venv', '--copies', making], 'python3 has no venv (Debian: apt-get install python3-venv)');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', TEMPORALIO];
    await step(pip, `pip can not install ${TEMPORALIO}`, join(making, 'bin', 'python'));
    await writeFile(join(making, 'complete'), '');
    await rename(making, FOLDER).catch((error: unknown) => {
      if (!existsSync(join(FOLDER, 'complete'))) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}

async function expectPython(): Promise<void> {
  const check = ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'];
  await step(check, 'the tests of foreign workers need python3, 3.9 or newer');
}

async function step(args: readonly string[], otherwise: string, python = 'python3'): Promise<void> {
  try {
    await run(python, args);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`${otherwise}: ${stderr.trim().split('\n').at(-1) ?? ''}`, { cause: error });
  }
}
