/** What tells one directory of blobs from another, on this machine or elsewhere: a file in it. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeNew } from './durable';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Makes it where there is none: once, even where several processes begin together. */
export async function makeDirectoryId(directory: string): Promise<string> {
  const found = await readDirectoryId(directory);
  if (found !== undefined) return found;
  const draft = join(directory, `.${randomUUID()}.part`);
  try {
    await writeNew(draft, `${randomUUID()}\n`);
    // Whole, and unlike a rename never in place of another one's.
    await link(draft, fileOf(directory)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(directory);
  const made = await readDirectoryId(directory);
  if (made === undefined) throw new Error('it was removed meanwhile');
  return made;
}

/** @returns undefined where there is none */
export async function readDirectoryId(directory: string): Promise<string | undefined> {
  const text = await readFile(fileOf(directory), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  });
  const id = text?.trim();
  if (id === undefined || UUID.test(id)) return id;
  throw new Error(`${fileOf(directory)} holds no id: restore it, or begin with an empty directory`);
}

function fileOf(directory: string): string {
  return join(directory, 'id');
}
