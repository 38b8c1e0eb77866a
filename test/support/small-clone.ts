import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './readme';

/** The scoped ones, and most of the largest, are not among them. */
const SOME = /^[a-d]/;

/**
 * A clone of this repository with some of its packages: what the demo reads and hashes by the gigabyte is some megabytes there.
 *
 * @param folder is made
 */
export async function makeSmallClone(folder: string): Promise<void> {
  const packages = join(ROOT, 'node_modules');
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ['src', 'node_modules/.bin']) await symlink(join(ROOT, name), join(folder, name));
  const some = (await readdir(packages)).filter((name) => SOME.test(name));
  await Promise.all(
    some.map((name) => cp(join(packages, name), join(folder, 'node_modules', name), { recursive: true })),
  );
}
