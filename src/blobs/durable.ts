/** Files that are still there after a power cut. */
import { open, type FileHandle } from 'node:fs/promises';

/** Makes a file, for this user alone. Part of it is left behind on errors. */
export async function writeNew(path: string, body: Buffer | string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    if (typeof body === 'string') await writeText(file, body);
    else await file.writeFile(body);
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

/** In characters. */
const PIECE = 1_000_000;

/** As UTF-8, piece by piece in one place: a large text is held once. */
async function writeText(file: FileHandle, text: string): Promise<void> {
  const piece = Buffer.allocUnsafe(3 * Math.min(PIECE, text.length));
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + PIECE, text.length);
    // Not between the halves of a character.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
    const bytes = piece.write(text.slice(start, end));
    start = end;
    for (let written = 0; written < bytes;) {
      written += (await file.write(piece, written, bytes - written)).bytesWritten;
    }
  }
}
