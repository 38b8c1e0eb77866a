import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobError, readBlob, type BlobStore } from '../../src/blobs/blobs';
import { describeBlobs } from '../support/blob-stores';
import { BlobProcess } from '../support/blob-process';
import { rejection } from '../support/rejection';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
/** Not a multiple of what a stream or a connection passes on at once. */
const LARGE = Buffer.alloc(5_000_011, ALL_BYTES);

/** At so many moments of a put its process is killed. */
const ROUNDS = 6;

async function foldersOf(store: BlobStore): Promise<string[]> {
  const folders: string[] = [];
  for await (const folder of store.folders()) folders.push(folder);
  return folders.sort();
}

/** Bytes that are all the same are of one put. */
function isWhole(body: Buffer): boolean {
  return body.equals(Buffer.alloc(body.byteLength, body[0]));
}

describeBlobs('a store of blobs', ({ open, empty, damage }) => {
  it('gives back the bytes that it was given', async () => {
    const store = await open();
    const bodies = { empty: Buffer.alloc(0), 'all-bytes': ALL_BYTES, large: LARGE };
    for (const [name, body] of Object.entries(bodies)) {
      const ref = await store.put(`job/${name}`, body);
      expect(ref).to.deep.equal({ store: store.id, key: `job/${name}`, size: body.byteLength });
      expect((await readBlob(store, ref)).equals(body), name).to.equal(true);
    }
  });

  it('writes a text as UTF-8, whichever character a piece of it ends with', async () => {
    const store = await open();
    for (const text of ['', 'é', `${'x'.repeat(999_999)}😀${'€'.repeat(1_500_000)}😀`, '😀'.repeat(1_200_000)]) {
      const ref = await store.put('job/text', text);
      expect(ref.size).to.equal(Buffer.byteLength(text));
      expect((await readBlob(store, ref)).equals(Buffer.from(text)), text.slice(0, 5)).to.equal(true);
    }
  });

  it('finds what is there by its key, and nothing else', async () => {
    const store = await open();
    const ref = await store.put('job/x', ALL_BYTES);
    expect(await store.find('job/x')).to.deep.equal(ref);
    for (const key of ['job/y', 'other/x', 'job/x/y']) expect(await store.find(key), key).to.equal(undefined);
  });

  it('keeps its id and its blobs when it is opened again', async () => {
    const options = await empty();
    const first = await open(options);
    const ref = await first.put('job/x', ALL_BYTES);
    await first.close();
    const again = await open(options);
    expect(again.id).to.equal(first.id);
    expect(await readBlob(again, ref)).to.deep.equal(ALL_BYTES);
  });

  it('replaces a blob', async () => {
    const store = await open();
    await store.put('job/x', Buffer.from('longer than the next'));
    const ref = await store.put('job/x', Buffer.from('next'));
    expect(String(await readBlob(store, ref))).to.equal('next');
  });

  it('gives one whole blob to who reads while others replace it', async () => {
    const options = await empty();
    const [one, other] = [await open(options), await open(options)];
    const size = 1_000_003;
    let ref = await one.put('job/x', Buffer.alloc(size));
    let writing = true;
    const seen = new Set<number | undefined>();
    const readers = [one, other].map(async (store) => {
      while (writing) {
        const body = await readBlob(store, ref);
        expect(isWhole(body)).to.equal(true);
        seen.add(body[0]);
      }
    });
    const writers = [one, other, one].map(async (store, writer) => {
      for (let turn = 1; turn <= 20; turn++) ref = await store.put('job/x', Buffer.alloc(size, writer * 20 + turn));
    });
    await Promise.all(writers).finally(() => {
      writing = false;
    });
    await Promise.all(readers);
    expect(seen.size).to.be.greaterThan(1);
    expect(isWhole(await readBlob(other, ref))).to.equal(true);
  });

  it('has no torn blob after a process was killed in the middle of a put', async function () {
    this.timeout('120s');
    const options = await empty();
    const [key, size] = ['job/x', 64_000_000];
    const store = await open(options);
    for (let round = 0; round < ROUNDS; round++) {
      const child = await BlobProcess.start({ options, write: { key, size } });
      await child.begin();
      await child.put();
      const before = performance.now();
      // From here on the blob is there, and a put is known to take that long.
      await child.put();
      await sleep(((performance.now() - before) * (round + 0.5)) / ROUNDS);
      await child.kill();
      expect(isWhole(await readBlob(store, { store: store.id, key, size }))).to.equal(true);
    }
  });

  it('says that a blob is missing', async () => {
    const store = await open();
    await store.put('job/x', ALL_BYTES);
    for (const key of ['job/y', 'other/x', 'job/x/y', '../x', 'x', '/etc/passwd', 'job/../job/x', '']) {
      const error = await rejection(store.read({ store: store.id, key, size: 256 }));
      expect(error, key).to.be.instanceOf(BlobError).with.property('code', 'BlobNotFound');
      expect((error as Error).message)
        .to.include(JSON.stringify(key))
        .and.to.include(store.id);
    }
  });

  it('refuses the reference of another store, and says what to set', async () => {
    const [store, other] = [await open(), await open()];
    expect(store.id).to.not.equal(other.id);
    const error = await rejection(store.read(await other.put('job/x', ALL_BYTES)));
    expect(error).to.be.instanceOf(BlobError).with.property('code', 'ForeignBlob');
    expect((error as Error).message).to.match(/^the blob lies in .+, but this process uses .+: set BLOB_URL/);
    expect((error as Error).message)
      .to.include(store.id)
      .and.to.include(other.id);
  });

  it('takes a blob of another size for lost', async () => {
    const options = await empty();
    const store = await open(options);
    const ref = await store.put('job/x', ALL_BYTES);
    for (const length of [0, 255, 257]) {
      await damage(options, ref.key, Buffer.alloc(length));
      const error = await rejection(readBlob(store, ref));
      expect(error).to.be.instanceOf(BlobError).with.property('code', 'BlobNotFound');
      expect((error as Error).message).to.include(`has ${String(length)} bytes instead of 256`);
    }
  });

  it('refuses what is no key', async () => {
    const store = await open();
    const keys = [
      '',
      'x',
      '/x',
      'job/',
      'job//x',
      '../x',
      'job/..',
      'job/../../x',
      './x',
      'job/.',
      'job\\..\\x',
      'job/\0',
    ];
    const long = [
      `job/${'x'.repeat(256)}`,
      `job/${'ä'.repeat(128)}`,
      'x'.repeat(200).concat('/').repeat(4).concat('x'),
    ];
    for (const key of [...keys, ...long, 'job/\n', 'job/\ud800']) {
      expect(await rejection(store.put(key, ALL_BYTES)), key).to.be.instanceOf(TypeError);
    }
    for (const folder of ['', '.', '..', 'job/x', '/', '\0']) {
      expect(await rejection(store.removeFolder(folder)), folder).to.be.instanceOf(TypeError);
    }
    expect(await foldersOf(store)).to.deep.equal([]);
  });

  it('takes any other text for a key', async () => {
    const store = await open();
    const names = [
      '.hidden',
      '...',
      'a:b',
      '%2e%2e',
      'a b?c#d&e+f=g',
      `<'">`,
      '~',
      'größe 日本 👩‍👩‍👧',
      'x'.repeat(255),
      'id',
    ];
    for (const name of names) {
      const ref = await store.put(`${name}/${name}/${name}`, Buffer.from(name));
      expect(String(await readBlob(store, ref))).to.equal(name);
    }
    expect(await foldersOf(store)).to.deep.equal([...names].sort());
    for (const name of names) await store.removeFolder(name);
    expect(await foldersOf(store)).to.deep.equal([]);
  });

  it('removes one folder, and none that only begins like it', async () => {
    const store = await open();
    expect(await foldersOf(store)).to.deep.equal([]);
    const keys = ['job:1/x', 'job:1/y/z', 'job:10/x', 'job:/x', 'job/1/x'];
    const refs = await Promise.all(keys.map((key) => store.put(key, ALL_BYTES)));
    await store.removeFolder('job:1');
    await store.removeFolder('job:1');
    await store.removeFolder('never-there');
    expect(await foldersOf(store)).to.deep.equal(['job', 'job:', 'job:10']);
    for (const [index, ref] of refs.entries()) {
      if (index < 2) expect(await rejection(store.read(ref))).to.have.property('code', 'BlobNotFound');
      else expect(await readBlob(store, ref)).to.deep.equal(ALL_BYTES);
    }
    const again = await store.put('job:1/x', ALL_BYTES);
    expect(await readBlob(store, again)).to.deep.equal(ALL_BYTES);
  });

  it('holds nothing for who destroys a stream before its end', async () => {
    const store = await open();
    const ref = await store.put('job/x', LARGE);
    for (let count = 0; count < 120; count++) (await store.read(ref)).destroy();
    expect((await readBlob(store, ref)).equals(LARGE)).to.equal(true);
  });
});
