/** Opens the blob store that the configuration names (contract §9). */
import { join } from 'node:path';
import type { BlobStore } from './blobs';
import { openFileBlobs } from './files';
import { openS3Blobs } from './s3';

/** Where large values lie. */
export interface BlobOptions {
  /** `s3://bucket/prefix`. Default: files in `dataDir`. */
  readonly blobUrl?: string;
  /** Not used with a `blobUrl`. */
  readonly dataDir: string;
}

/** @throws BlobError `BlobUnavailable` in one line that names `DATA_DIR` or `BLOB_URL` */
export async function openBlobs({ blobUrl, dataDir }: BlobOptions): Promise<BlobStore> {
  return await (blobUrl === undefined ? openFileBlobs(join(dataDir, 'blobs')) : openS3Blobs(blobUrl));
}
