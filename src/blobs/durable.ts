/** Files that are still there after a power cut. */
import { open } from 'node:fs/promises';

/** Makes a file, for this user alone. Part of it is left behind on errors. */
export async function writeNew(path: string, body: Buffer | string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Keeps the names of a folder: those that were made or renamed in it. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders.
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
