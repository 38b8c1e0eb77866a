/** Where large values lie, so that a history holds only where (architecture §1). */
import type { Readable } from 'node:stream';
import type { BlobRef } from '../domain/blob';

/** Errors are {@link BlobError}, but for keys that are none: a TypeError, as that is a mistake of the caller's code. */
export interface BlobStore {
  /** Names the store in every reference it gives out: the same for all processes that share it, and for ever. */
  readonly id: string;
  /**
   * Writes a blob, whole or not at all; the same key again replaces it, and who reads meanwhile has one or the other.
   *
   * @param key `<job folder>/<name>`, each 1 to 255 bytes, 800 in all. No key may go on behind another one's end: `a/b` and `a/b/c`
   * @param body a text is written as UTF-8, and need not be held twice for it
   * @throws TypeError for what is no key
   * @throws BlobError `BlobUnavailable`
   */
  put(key: string, body: Buffer | string): Promise<BlobRef>;
  /**
   * @returns the bytes; it ends only after all `ref.size` of them, and fails with a BlobError otherwise. Read it to its end
   *   or destroy it: it holds a file or a connection
   * @throws BlobError
   */
  read(ref: BlobRef): Promise<Readable>;
  /**
   * @returns the reference of a key, or undefined where there is none
   * @throws TypeError for what is no key
   * @throws BlobError `BlobUnavailable`
   */
  find(key: string): Promise<BlobRef | undefined>;
  /** The first segments of the keys that there are, each once, in no order. */
  folders(): AsyncIterable<string>;
  /**
   * Removes all that lies under a first segment; nothing is fine too.
   *
   * @throws TypeError for what is no first segment
   * @throws BlobError `BlobUnavailable`; some may be removed by then
   */
  removeFolder(folder: string): Promise<void>;
  /** Lets go of what it holds; nothing is asked of it afterwards. */
  close(): Promise<void>;
}

/** What may be wrong with a blob, a closed list. */
export type BlobErrorCode =
  /** The reference is another store's. It may be read by a process that is configured otherwise, so try again. */
  | 'ForeignBlob'
  /** It is not there any more, or not with the size of its reference. To try again is of no use. */
  | 'BlobNotFound'
  /** The store is away, full or refuses us. Try again. */
  | 'BlobUnavailable';

/** A blob that can not be written or read; compare `code`, the message is for people. */
export class BlobError extends Error {
  /** Tells it from other errors where `instanceof` can't. */
  override readonly name = 'BlobError';

  constructor(
    /** What is wrong. */
    readonly code: BlobErrorCode,
    /** For people, in one line. Holds no credentials. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @throws BlobError */
export async function readBlob(store: BlobStore, ref: BlobRef): Promise<Buffer> {
  // Filled as it comes, so that a large one is held once.
  const body = Buffer.allocUnsafe(ref.size);
  let offset = 0;
  for await (const chunk of await store.read(ref)) offset += (chunk as Buffer).copy(body, offset);
  return body;
}
