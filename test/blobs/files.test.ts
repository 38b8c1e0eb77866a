import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBlob, type BlobStore } from '../../src/blobs/blobs';
import { openBlobs } from '../../src/blobs/open-blobs';
import { filesOf, useFolders } from '../support/blob-stores';
import { BlobProcess } from '../support/blob-process';
import { rejection } from '../support/rejection';
import { until } from '../support/until';

describe('blobs in files', () => {
  const newFolder = useFolders();

  it('are for their user alone, whatever the system would grant', async () => {
    const dataDir = join(await newFolder(), 'not', 'yet');
    const mask = process.umask(0);
    try {
      await (await openBlobs({ dataDir })).put('job/node/x', Buffer.from('x'));
    } finally {
      process.umask(mask);
    }
    const names = ['', ...(await readdir(join(dataDir, 'blobs'), { recursive: true }))].sort();
    expect(names).to.deep.equal(['', 'data', 'data/job', 'data/job/node', 'data/job/node/x', 'id']);
    for (const name of names) {
      const stats = await lstat(join(dataDir, 'blobs', name));
      expect(stats.mode & 0o777, name).to.equal(stats.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('have one id in all processes that open a new directory together, and in this one', async () => {
    const dataDir = await newFolder();
    const children = await Promise.all(Array.from({ length: 4 }, () => BlobProcess.start({ options: { dataDir } })));
    const reports = children.map((child) => child.begin());
    const stores = await Promise.all(Array.from({ length: 20 }, () => openBlobs({ dataDir })));
    const ids = new Set([...(await Promise.all(reports)), ...stores].map(({ id }) => id));
    await Promise.all(children.map((child) => child.kill()));
    expect(ids.size).to.equal(1);
    expect([...ids][0]).to.match(/^files:[0-9a-f-]{36}$/);
    expect(await readdir(join(dataDir, 'blobs'))).to.deep.equal(['id']);
  });

  it('do without the SDK of S3', async () => {
    const child = await BlobProcess.start({ options: { dataDir: await newFolder() } });
    const { sdk } = await child.begin();
    await child.kill();
    expect(sdk).to.equal(false);
  });

  it('leave what a killed process wrote to who removes the folder', async function () {
    this.timeout('120s');
    const dataDir = await newFolder();
    const store = await openBlobs({ dataDir });
    const ref = await store.put('job/x', Buffer.alloc(64_000_000));
    const folder = join(filesOf(dataDir), 'job');
    const parts = (): string[] => readdirSync(folder).filter((name) => name !== 'x');
    await until('a process was killed in the middle of a put', async () => {
      const child = await BlobProcess.start({ options: { dataDir }, write: { key: ref.key, size: ref.size } });
      await child.begin();
      await until('it writes', () => parts().length > 0);
      await child.kill();
      return parts().length > 0;
    });
    const body = await readBlob(store, ref);
    expect(body.equals(Buffer.alloc(ref.size, body[0]))).to.equal(true);
    await store.removeFolder('job');
    expect(await readdir(filesOf(dataDir))).to.deep.equal([]);
  });

  it('are closed with a stream that is destroyed before its end', async () => {
    const store = await openBlobs({ dataDir: await newFolder() });
    const ref = await store.put('job/x', Buffer.alloc(5_000_000));
    const descriptors = (): number => readdirSync('/dev/fd').length;
    const before = descriptors();
    for (let count = 0; count < 20; count++) (await store.read(ref)).destroy();
    await until('the files are closed', () => descriptors() <= before, 2_000);
  });

  it('fail a stream whose file is cut meanwhile', async () => {
    const dataDir = await newFolder();
    const store = await openBlobs({ dataDir });
    // More than is read ahead.
    const stream = await store.read(await store.put('job/x', Buffer.alloc(5_000_000)));
    await truncate(join(filesOf(dataDir), 'job/x'), 1_000_000);
    const error = await rejection(stream.forEach(() => undefined));
    expect(error).to.have.property('code', 'BlobUnavailable');
    expect((error as Error).message).to.match(/could not be read to its end: 1000000 of 5000000 bytes came$/);
  });

  it('leave nothing of a put that failed', async () => {
    const dataDir = await newFolder();
    const store = await openBlobs({ dataDir });
    await store.put('job/folder/x', Buffer.from('x'));
    expect(await rejection(store.put('job/folder', Buffer.from('y')))).to.have.property('code', 'BlobUnavailable');
    expect(await readdir(join(filesOf(dataDir), 'job'))).to.deep.equal(['folder']);
  });

  it('are unavailable while their disk is away, and there again with it', async () => {
    const dataDir = await newFolder();
    const store = await openBlobs({ dataDir });
    const ref = await store.put('job/x', Buffer.from('x'));
    const directory = join(dataDir, 'blobs');
    await rename(directory, `${directory}-away`);
    await expectUnavailable(store, ref.key);
    // Where a disk is mounted there is an empty directory without it.
    await mkdir(directory);
    await expectUnavailable(store, ref.key);
    // And another disk is another store.
    await (await openBlobs({ dataDir })).put('job/x', Buffer.from('y'));
    await expectUnavailable(store, 'job/z');
    await rename(directory, `${directory}-other`);
    await rename(`${directory}-away`, directory);
    expect(String(await readBlob(store, ref))).to.equal('x');
    await store.put('job/z', Buffer.from('z'));
  });

  async function expectUnavailable(store: BlobStore, key: string): Promise<void> {
    const calls = [
      store.put('job/new', Buffer.from('new')),
      store.read({ store: store.id, key, size: 1 }),
      store.removeFolder('job'),
      store.folders()[Symbol.asyncIterator]().next(),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).to.have.property('code', 'BlobUnavailable');
      expect((error as Error).message).to.match(/^DATA_DIR: cannot use \S+blobs: .+disk/);
    }
  }

  it('say in one line what is wrong with their directory', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), '');
    const noFolder = await rejection(openBlobs({ dataDir: join(folder, 'file') }));
    expect(noFolder).to.have.property('code', 'BlobUnavailable');
    expect((noFolder as Error).message).to.match(/^DATA_DIR: cannot use \S+\/file\/blobs: .+$/);
    await mkdir(join(folder, 'blobs'));
    await writeFile(join(folder, 'blobs', 'id'), 'no id');
    const noId = await rejection(openBlobs({ dataDir: folder }));
    expect(noId).to.have.property('code', 'BlobUnavailable');
    expect((noId as Error).message).to.match(/^DATA_DIR: cannot use \S+: \S+\/blobs\/id holds no id: restore it/);
    expect(await readFile(join(folder, 'blobs', 'id'), 'utf8')).to.equal('no id');
  });
});
