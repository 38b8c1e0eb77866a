/** What the stores have in common when a reference is read: whose it is, and whether all of its bytes came. */
import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
import type { BlobRef } from '../domain/blob';
import { BlobError } from './blobs';
import { isBlobKey } from './keys';

/**
 * @param id of the store that is to read it
 * @param place the same for people
 * @throws BlobError `ForeignBlob`, or `BlobNotFound` for a key that no store gives out
 */
export function checkRef(ref: BlobRef, id: string, place: string): void {
  if (ref.store !== id) {
    throw new BlobError(
      'ForeignBlob',
      `the blob lies in ${ref.store}, but this process uses ${place}: set BLOB_URL, or DATA_DIR for files, as for the process that wrote it`,
    );
  }
  if (!isBlobKey(ref.key)) throw notFound(ref, place);
}

export function notFound({ key }: BlobRef, place: string): BlobError {
  return new BlobError(
    'BlobNotFound',
    `the blob ${JSON.stringify(key)} is not in ${place}: it was removed there, as after the retention of its job`,
  );
}

/** @throws BlobError `BlobNotFound` */
export function checkSize({ key, size }: BlobRef, found: number | undefined, place: string): void {
  if (found === size) return;
  throw new BlobError(
    'BlobNotFound',
    `the blob ${JSON.stringify(key)} in ${place} has ${String(found)} bytes instead of ${String(size)}: it was cut or replaced there`,
  );
}

/** The bytes of `source`; fails with a BlobError where it fails, or ends with more or fewer than the reference has. */
export function wholeBlob(source: Readable, ref: BlobRef, place: string): Readable {
  const whole = new WholeBlob(ref.size, `the blob ${JSON.stringify(ref.key)} in ${place} could not be read to its end`);
  // Destroys either with the other; whoever reads `whole` is told of errors by it.
  pipeline(source, whole, () => undefined);
  return whole;
}

class WholeBlob extends Transform {
  private came = 0;

  constructor(
    private readonly size: number,
    private readonly failure: string,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.came += chunk.byteLength;
    callback(null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    const enough = this.came === this.size;
    callback(enough ? null : new Error(`${String(this.came)} of ${String(this.size)} bytes came`));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    callback(error && new BlobError('BlobUnavailable', `${this.failure}: ${error.message}`));
  }
}
