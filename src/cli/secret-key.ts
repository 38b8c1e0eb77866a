/** The key that `start` makes for itself (contract §9, `SECRET_KEY`). */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSecretKeys } from '../store/secret-key';

/**
 * The key in `DATA_DIR`, made where there is none: what was encrypted by an earlier start can be read.
 *
 * @throws Error in one line where the file holds no key; another one would leave what is encrypted unreadable
 */
export async function ownSecretKey(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret-key');
  try {
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = (await readFile(file, 'utf8')).trim();
  try {
    if (parseSecretKeys(text).length > 0) return text;
  } catch {
    // Told below, without a part of it.
  }
  throw new Error(
    `${file} holds no key: put it back from a copy, set SECRET_KEY, or delete it and store endpoints anew`,
  );
}
