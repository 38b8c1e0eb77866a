/**
 * The code that Temporal runs in its sandbox, bundled ahead of time. A worker that bundles it by itself begins seconds later
 * and keeps the bundler in its memory.
 */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PipelinesPlugin, workflowsPath } from './plugin';

/** Beside what was compiled: from source there is none, so that nobody runs one that is out of date. */
const BUILT = resolve(__dirname, '../workflow-bundle.js');

/** That of the package; undefined where this is not the package. */
export function builtBundle(): string | undefined {
  return existsSync(BUILT) ? BUILT : undefined;
}

/** @param file where it is to be. Default: where `builtBundle` finds it */
export async function writeBundle(file = BUILT): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: workflowsPath(),
    logger: new DefaultLogger('ERROR'),
    plugins: [new PipelinesPlugin({ algorithms: {} })],
  });
  await writeFile(file, code);
}
