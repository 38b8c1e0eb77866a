/**
 * The sources as JavaScript, for the processes that tests start: a loader of TypeScript would take them as long to load as all
 * else they need. Made anew for each run, so that nobody runs what is out of date; not by `tsc`, which takes ten times as long.
 */
import { buildSync } from 'esbuild';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { SHARED } from './shared';

const ROOT = resolve(__dirname, '../..');
const FOLDERS = ['src', 'workflows', 'activities', 'test/support'];

/** A folder like that of the package, by whose name what lies in it may import it: `lib` is what was compiled. */
export function compiledPackage(): string {
  const shared = process.env[SHARED.compiled];
  if (shared !== undefined) return shared;
  const own = compile();
  process.once('exit', () => rmSync(own, { recursive: true }));
  // For the processes that this one starts, too.
  return (process.env[SHARED.compiled] = own);
}

/** @returns what has become of a source, by its path */
export function compiled(source: string): string {
  return join(compiledPackage(), 'lib', relative(ROOT, source).replace(/\.ts$/, '.js'));
}

/** @returns such a folder, which whoever asks removes */
export function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipelines-compiled-'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: FOLDERS.map((folder) => `${folder}/**/*.ts`),
    outbase: ROOT,
    outdir: join(folder, 'lib'),
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  return folder;
}
