/** Blobs in S3 or what speaks like it. The SDK is loaded only here, and only when a store is opened. */
import type * as Sdk from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobRef } from '../domain/blob';
import { BlobError, type BlobStore } from './blobs';
import { checkFolder, checkKey } from './keys';
import { checkRef, checkSize, notFound, wholeBlob } from './references';
import { parseS3Url, type S3Place } from './s3-url';

/** Milliseconds of one attempt; without them it waits for a server that says nothing for ever. */
const TIMEOUTS = { connectionTimeout: 3_000, socketTimeout: 10_000 };

/**
 * Does not ask the store yet. Endpoint, region, credentials and number of attempts (3) are the SDK's own settings:
 * `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …, or its files. With an endpoint in the environment the bucket
 * is in the path of the requests, not in the name of their host.
 *
 * @param url `s3://bucket/prefix`
 * @throws Error with the rule of the URL
 * @throws BlobError `BlobUnavailable` where no region is set
 */
export async function openS3Blobs(url: string): Promise<BlobStore> {
  const place = parseS3Url(url);
  const sdk = await import('@aws-sdk/client-s3');
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const client = new sdk.S3Client({
    forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL),
    requestHandler: TIMEOUTS,
  });
  try {
    await client.config.region();
  } catch {
    client.destroy();
    throw new BlobError('BlobUnavailable', `BLOB_URL: cannot use ${place.url}: set AWS_REGION`);
  }
  return new S3Blobs(sdk, client, place);
}

class S3Blobs implements BlobStore {
  readonly id: string;

  constructor(
    private readonly sdk: typeof Sdk,
    private readonly client: Sdk.S3Client,
    private readonly place: S3Place,
  ) {
    this.id = place.url;
  }

  async put(key: string, text: Buffer | string): Promise<BlobRef> {
    checkKey(key);
    const body = typeof text === 'string' ? Buffer.from(text) : text;
    await this.repeated(() => this.client.send(new this.sdk.PutObjectCommand({ ...this.object(key), Body: body })));
    return { store: this.id, key, size: body.byteLength };
  }

  async read(ref: BlobRef): Promise<Readable> {
    checkRef(ref, this.id, this.id);
    return await this.repeated(async () => {
      const { Body, ContentLength } = await this.client
        .send(new this.sdk.GetObjectCommand(this.object(ref.key)))
        .catch((error: unknown) => {
          throw error instanceof this.sdk.NoSuchKey ? notFound(ref, this.id) : error;
        });
      // In Node it is one; the type also has those of browsers.
      const source = Body as Readable;
      try {
        checkSize(ref, ContentLength, this.id);
      } catch (error) {
        source.destroy();
        throw error;
      }
      return wholeBlob(source, ref, this.id);
    });
  }

  async find(key: string): Promise<BlobRef | undefined> {
    checkKey(key);
    return await this.repeated(async () => {
      const found = await this.client.send(new this.sdk.HeadObjectCommand(this.object(key))).catch((error: unknown) => {
        if (error instanceof this.sdk.NotFound) return undefined;
        throw error;
      });
      return found && { store: this.id, key, size: found.ContentLength ?? 0 };
    });
  }

  async *folders(): AsyncGenerator<string> {
    const { bucket, prefix } = this.place;
    for await (const { CommonPrefixes = [] } of this.list({ Bucket: bucket, Prefix: prefix, Delimiter: '/' })) {
      for (const { Prefix = '' } of CommonPrefixes) yield Prefix.slice(prefix.length, -1);
    }
  }

  async removeFolder(folder: string): Promise<void> {
    checkFolder(folder);
    const { bucket, prefix } = this.place;
    // A page is at most a thousand, as many as one request can delete.
    for await (const { Contents = [] } of this.list({ Bucket: bucket, Prefix: `${prefix}${folder}/` })) {
      if (Contents.length === 0) return;
      const Delete = { Objects: Contents.map(({ Key }) => ({ Key })), Quiet: true };
      const { Errors = [] } = await this.repeated(() =>
        this.client.send(new this.sdk.DeleteObjectsCommand({ Bucket: bucket, Delete })),
      );
      if (Errors[0] !== undefined) throw this.unavailable(`${String(Errors[0].Code)}: ${String(Errors[0].Message)}`);
    }
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  private object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.bucket, Key: `${this.place.prefix}${key}` };
  }

  private async *list(input: Sdk.ListObjectsV2CommandInput): AsyncGenerator<Sdk.ListObjectsV2CommandOutput> {
    const pages = this.sdk.paginateListObjectsV2({ client: this.client }, input);
    for (;;) {
      const { done, value } = await this.attempt(() => pages.next());
      if (done === true) return;
      yield value;
    }
  }

  /** Not for a page of a list, which can not be asked for again. */
  private async repeated<T>(action: () => Promise<T>): Promise<T> {
    for (let failed = 1; ; failed++) {
      try {
        return await action();
      } catch (error) {
        if (failed >= TRIES || !isOfAnother(error)) throw this.told(error);
        await sleep(failed * 200);
      }
    }
  }

  private async attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.told(error);
    }
  }

  private told(error: unknown): BlobError {
    return error instanceof BlobError ? error : this.unavailable(reasonOf(error));
  }

  /** Without the SDK's error as its cause: that has the request with its signature, and S3's answer may name the key. */
  private unavailable(why: string): BlobError {
    return new BlobError('BlobUnavailable', `BLOB_URL: cannot use ${this.id}: ${why}`);
  }
}

const TRIES = 3;

/** Whether not S3 has refused a request but a server before it, in a page of its own: the SDK tries only the former again. */
function isOfAnother(error: unknown): boolean {
  const { $fault, $response } = error as { $fault?: unknown; $response?: { readonly statusCode?: number } };
  return $fault === undefined && ($response?.statusCode ?? 0) >= 500;
}

function reasonOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: unknown };
  // Its own message may quote the command of a profile.
  if (name === 'CredentialsProviderError') return 'no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  // A host of several addresses, none of which answers, has no message.
  const what = message === '' ? String(code) : message.replace(/\s+/g, ' ');
  return name === 'Error' ? what : `${name}: ${what}`;
}
