/** The version of the package that this command line belongs to, whether it runs from source or compiled in `lib/`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @throws Error where there is no package.json above this file */
export function version(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) throw new Error('the package.json of temporal-pipelines is missing');
    folder = dirname(folder);
  }
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
