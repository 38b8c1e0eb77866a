/** The same tests on each store of blobs. */
import { after, describe } from 'mocha';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '../../src/blobs/blobs';
import { openBlobs, type BlobOptions } from '../../src/blobs/open-blobs';
import { useS3 } from './s3';

/** Where the store has its files, for tests that look behind it. */
export function filesOf(dataDir: string): string {
  return join(dataDir, 'blobs', 'data');
}

/** What the tests of one kind of store share. */
export interface TestBlobs {
  /** Where a store is that is empty and nobody else's. */
  readonly empty: () => Promise<BlobOptions>;
  /** A store that is closed after the last test of the suite; an empty one unless `options` are of an earlier one. */
  readonly open: (options?: BlobOptions) => Promise<BlobStore>;
  /** Puts other bytes in the place of a blob, past the store. */
  readonly damage: (options: BlobOptions, key: string, body: Buffer) => Promise<void>;
}

/** A `describe` for each kind. */
export function describeBlobs(title: string, tests: (blobs: TestBlobs) => void): void {
  describe(`${title}, in files`, () => {
    const folders = useFolders();
    define(
      tests,
      async () => ({ dataDir: await folders() }),
      ({ dataDir }, key, body) => writeFile(join(filesOf(dataDir), key), body),
    );
  });

  describe(`${title}, in S3`, () => {
    const s3 = useS3();
    define(
      tests,
      async () => ({ dataDir: '/nowhere', blobUrl: `s3://${await s3().bucket()}/some/prefix` }),
      ({ blobUrl }, key, body) => s3().put(`${String(blobUrl)}/${key}`, body),
    );
  });
}

function define(tests: (blobs: TestBlobs) => void, empty: TestBlobs['empty'], damage: TestBlobs['damage']): void {
  const open: BlobStore[] = [];
  tests({
    empty,
    damage,
    open: async (options) => {
      const store = await openBlobs(options ?? (await empty()));
      open.push(store);
      return store;
    },
  });
  after('close the stores', async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
}

/** @returns makes a folder that is removed after the suite */
export function useFolders(): () => Promise<string> {
  const folders: string[] = [];
  after('remove the folders', async () => {
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-blobs-'));
    folders.push(folder);
    return folder;
  };
}
