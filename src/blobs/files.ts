/** Blobs as files: for one machine, or several that share a directory. */
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BlobRef } from '../domain/blob';
import { BlobError, type BlobStore } from './blobs';
import { makeDirectoryId, readDirectoryId } from './directory-id';
import { syncFolder, writeNew } from './durable';
import { checkFolder, checkKey } from './keys';
import { checkRef, checkSize, notFound, wholeBlob } from './references';
import { Slots } from '../domain/slots';

/**
 * Makes the directory where it is missing, for this user alone. Several processes may use one at the same time.
 *
 * @param directory only for the store. Its `id` goes with it where it is copied or moved
 * @throws BlobError `BlobUnavailable` that names the directory
 */
export async function openFileBlobs(directory: string): Promise<BlobStore> {
  const path = resolve(directory);
  try {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new FileBlobs(path, await makeDirectoryId(path));
  } catch (error) {
    throw unavailable(path, error);
  }
}

/** A blob comes in one piece where it is no larger. */
const CHUNK_BYTES = 1_000_000;
/** More would be no quicker, as Node has four threads for all files; and each holds what it writes as bytes. */
const WRITES_AT_A_TIME = 8;

class FileBlobs implements BlobStore {
  readonly id: string;
  private readonly place: string;
  /** Apart from the file of the id, so that no key is taken. */
  private readonly root: string;
  private readonly writes = new Slots(WRITES_AT_A_TIME);

  constructor(
    private readonly directory: string,
    private readonly uuid: string,
  ) {
    this.id = `files:${uuid}`;
    this.place = `files at ${directory} (${this.id})`;
    this.root = join(directory, 'data');
  }

  async put(key: string, body: Buffer | string): Promise<BlobRef> {
    checkKey(key);
    return await this.attempt(() => this.writes.run(() => this.write(key, body)));
  }

  private async write(key: string, body: Buffer | string): Promise<BlobRef> {
    const file = join(this.root, key);
    await this.checkPresence();
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // In the folder of the job, with which it goes where this process is killed.
    const draft = join(dirname(file), `.${randomUUID()}.part`);
    try {
      await writeNew(draft, body);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    for (let folder = dirname(file); folder !== this.directory; folder = dirname(folder)) await syncFolder(folder);
    await syncFolder(this.directory);
    return { store: this.id, key, size: Buffer.byteLength(body) };
  }

  async read(ref: BlobRef): Promise<Readable> {
    checkRef(ref, this.id, this.place);
    return await this.attempt(async () => {
      const file = await open(join(this.root, ref.key)).catch(ifMissing);
      if (file === undefined) {
        await this.checkPresence();
        throw notFound(ref, this.place);
      }
      try {
        checkSize(ref, (await file.stat()).size, this.place);
      } catch (error) {
        await file.close();
        throw error;
      }
      return wholeBlob(
        file.createReadStream({ highWaterMark: Math.min(Math.max(ref.size, 1), CHUNK_BYTES) }),
        ref,
        this.place,
      );
    });
  }

  async find(key: string): Promise<BlobRef | undefined> {
    checkKey(key);
    return await this.attempt(async () => {
      await this.checkPresence();
      const found = await stat(join(this.root, key)).catch(ifMissing);
      return found && { store: this.id, key, size: found.size };
    });
  }

  async *folders(): AsyncGenerator<string> {
    const root = await this.attempt(async () => {
      await this.checkPresence();
      return await opendir(this.root).catch(ifMissing);
    });
    if (root === undefined) return;
    try {
      for (;;) {
        const entry = await this.attempt(() => root.read());
        if (entry === null) return;
        if (entry.isDirectory()) yield entry.name;
      }
    } finally {
      await root.close();
    }
  }

  async removeFolder(folder: string): Promise<void> {
    checkFolder(folder);
    await this.attempt(async () => {
      await this.checkPresence();
      // Again where a late put comes between.
      await rm(join(this.root, folder), { recursive: true, force: true, maxRetries: 3 });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A disk that is not mounted looks like an empty directory: nothing is to be written there, nor taken for lost. */
  private async checkPresence(): Promise<void> {
    if ((await readDirectoryId(this.directory)) === this.uuid) return;
    throw new Error('it is not the directory any more that this process began with: is a disk missing?');
  }

  private async attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw error instanceof BlobError ? error : unavailable(this.directory, error);
    }
  }
}

function unavailable(directory: string, error: unknown): BlobError {
  const why = error instanceof Error ? error.message : String(error);
  return new BlobError('BlobUnavailable', `DATA_DIR: cannot use ${directory}: ${why}`, { cause: error });
}

function ifMissing(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
