/** A process that opens a store of blobs on the word of its parent, and may write one blob again and again. */
import { openBlobs, type BlobOptions } from '../../src/blobs/open-blobs';

/** The only argument, as JSON. */
export interface BlobTask {
  readonly options: BlobOptions;
  /** Puts this key for ever: bytes that are all the same, and others each time. */
  readonly write?: { readonly key: string; readonly size: number };
}

/** After the store was opened, and as each put begins. */
export interface BlobReport {
  readonly id: string;
  /** Whether the SDK of S3 is in this process. */
  readonly sdk: boolean;
}

async function work({ options, write }: BlobTask): Promise<void> {
  const store = await openBlobs(options);
  const report: BlobReport = {
    id: store.id,
    sdk: Object.keys(require.cache).some((file) => file.includes('@aws-sdk')),
  };
  process.send?.(report);
  if (write === undefined) return;
  // Made before, so that a put begins at once.
  const bodies = [1, 2].map((byte) => Buffer.alloc(write.size, byte));
  for (;;) {
    for (const body of bodies) {
      const put = store.put(write.key, body);
      process.send?.(report);
      await put;
    }
  }
}

const task = JSON.parse(process.argv[2] ?? '') as BlobTask;
process.once('message', () => void work(task));
process.send?.('loaded');
