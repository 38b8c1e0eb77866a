import { expect } from 'chai';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { readBlob, type BlobStore } from '../../src/blobs/blobs';
import { openS3Blobs } from '../../src/blobs/s3';
import type { BlobRef } from '../../src/domain/blob';
import { BlobProcess } from '../support/blob-process';
import { rejection } from '../support/rejection';
import { S3_SECRET, setAwsEnvironment, useS3 } from '../support/s3';

/** More than S3 lists, and deletes, at once. */
const MANY = 1_005;

describe('blobs in S3', () => {
  const s3 = useS3();
  const stores: BlobStore[] = [];

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  async function open(url: string): Promise<BlobStore> {
    const store = await openS3Blobs(url);
    stores.push(store);
    return store;
  }

  async function foldersOf(store: BlobStore): Promise<string[]> {
    const folders: string[] = [];
    for await (const folder of store.folders()) folders.push(folder);
    return folders;
  }

  /** Twenty at a time. */
  async function putMany(store: BlobStore, keyOf: (index: number) => string): Promise<void> {
    const left = Array.from({ length: MANY }, (_, index) => keyOf(index));
    const putter = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) await store.put(key, Buffer.from(key));
    };
    await Promise.all(Array.from({ length: 20 }, putter));
  }

  it('lie under the prefix, which names the store, and nowhere else', async () => {
    const bucket = await s3().bucket();
    const [root, one, other] = [`s3://${bucket}/`, `s3://${bucket}/one/`, `s3://${bucket}/one-more`];
    for (const url of [root, one, other]) await (await open(url)).put('job/x', Buffer.from(url));
    expect(await s3().keys(bucket)).to.deep.equal(['job/x', 'one-more/job/x', 'one/job/x']);
    const store = await open(one);
    expect(store.id).to.equal(`s3://${bucket}/one`);
    expect(await foldersOf(store)).to.deep.equal(['job']);
    await store.removeFolder('job');
    expect(await s3().keys(bucket)).to.deep.equal(['job/x', 'one-more/job/x']);
  });

  it('are listed and removed by the thousand', async () => {
    const bucket = await s3().bucket();
    const store = await open(`s3://${bucket}/p`);
    await putMany(store, (index) => `job-${String(index)}/x`);
    const folders = await foldersOf(store);
    expect(folders).to.have.length(MANY);
    expect(new Set(folders).size).to.equal(MANY);
    await putMany(store, (index) => `job-0/${String(index)}`);
    await store.removeFolder('job-0');
    const left = await s3().keys(bucket);
    expect(left).to.have.length(1_000);
    expect(left.filter((key) => key.startsWith('p/job-0/'))).to.deep.equal([]);
    expect(await foldersOf(store)).to.have.length(MANY - 1);
  });

  it('load the SDK when a store is opened', async () => {
    const child = await BlobProcess.start({ options: { dataDir: '/nowhere', blobUrl: 's3://bucket' } });
    const { sdk } = await child.begin();
    await child.kill();
    expect(sdk).to.equal(true);
  });

  it('are unavailable while the server is away, and there again with it', async () => {
    const bucket = await s3().bucket();
    const store = await open(`s3://${bucket}`);
    const ref = await store.put('job/x', Buffer.from('x'));
    await s3().stop();
    const before = Date.now();
    await expectUnavailable(store, ref, /ECONNREFUSED/);
    expect(Date.now() - before).to.be.lessThan(10_000);
    await s3().restart();
    await s3().bucket(bucket);
    expect(String(await readBlob(store, await store.put('job/x', Buffer.from('x'))))).to.equal('x');
  });

  it('are unavailable within a minute of a server that says nothing', async function () {
    this.timeout('120s');
    const store = await open(`s3://${await s3().bucket()}`);
    const ref = await store.put('job/x', Buffer.from('x'));
    s3().freeze();
    const before = Date.now();
    await expectUnavailable(store, ref, /TimeoutError/).finally(() => {
      s3().thaw();
    });
    expect(Date.now() - before).to.be.lessThan(60_000);
    expect(await foldersOf(store)).to.be.an('array');
    expect(String(await readBlob(store, await store.put('job/y', Buffer.from('y'))))).to.equal('y');
  });

  it('fail a stream that the server breaks off', async () => {
    const bucket = await s3().bucket();
    const store = await open(`s3://${bucket}`);
    // More than lies in buffers on the way.
    const stream = await store.read(await store.put('job/x', Buffer.alloc(64_000_000)));
    await once(stream, 'readable');
    await s3().stop();
    const error = await rejection(stream.forEach(() => undefined));
    await s3().restart();
    expect(error).to.have.property('code', 'BlobUnavailable');
    expect((error as Error).message).to.match(/"job\/x" in s3:\/\/\S+ could not be read to its end: ./);
  });

  it('are unavailable without their bucket', async () => {
    const store = await open('s3://nobodys-bucket');
    await expectUnavailable(store, { store: store.id, key: 'job/x', size: 1 }, /NoSuchBucket: The specified bucket/);
  });

  it('say what to set where a region or credentials are missing', async () => {
    const url = `s3://${await s3().bucket()}`;
    const { AWS_REGION, AWS_ACCESS_KEY_ID, ...others } = s3().environment;
    const restore = setAwsEnvironment({ ...others, AWS_ACCESS_KEY_ID: String(AWS_ACCESS_KEY_ID) });
    try {
      const error = await rejection(openS3Blobs(url));
      expect(error).to.include({ code: 'BlobUnavailable', message: `BLOB_URL: cannot use ${url}: set AWS_REGION` });
      setAwsEnvironment({ ...others, AWS_REGION: String(AWS_REGION) });
      const store = await open(url);
      await expectUnavailable(store, { store: url, key: 'job/x', size: 1 }, /set AWS_ACCESS_KEY_ID/);
    } finally {
      restore();
    }
    await (await open(url)).put('job/x', Buffer.from('x'));
  });

  async function expectUnavailable(store: BlobStore, ref: BlobRef, reason: RegExp): Promise<void> {
    const calls = [
      store.put('job/new', Buffer.from('new')),
      store.read(ref),
      store.removeFolder('job'),
      store.folders()[Symbol.asyncIterator]().next(),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).to.have.property('code', 'BlobUnavailable');
      expect((error as Error).message).to.match(/^BLOB_URL: cannot use s3:\S+: [^\n]+$/);
      expect((error as Error).message).to.match(reason);
      expect(inspect(error, { depth: null, showHidden: true })).to.not.include(S3_SECRET);
    }
  }
});
