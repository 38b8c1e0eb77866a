/** An S3 server for the tests of a file, on a port of its own: it can be ended, frozen and started again. */
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { after, before } from 'mocha';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../src/temporal/ports';
import { ensurePython, PYTHON_TIMEOUT } from './python';
import { until } from './until';

/** On a busy machine it loads for seconds. */
const START_TIMEOUT = 60_000;

const REGION = 'us-east-1';
const KEY = 'tester';
/** To look for where it must not be. */
export const S3_SECRET = 'hunter2';

export class TestS3 {
  private readonly client: S3Client;
  private buckets = 0;

  private constructor(
    private readonly python: string,
    private readonly port: number,
    private server: ChildProcess,
  ) {
    this.client = new S3Client({
      endpoint: this.endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: KEY, secretAccessKey: S3_SECRET },
    });
    process.once('exit', this.killNow);
  }

  /** Call it with `this.timeout(PYTHON_TIMEOUT)`. */
  static async start(): Promise<TestS3> {
    const python = await ensurePython();
    const port = await freePort(0);
    const s3 = new TestS3(python, port, launch(python, port));
    await s3.isUp();
    return s3;
  }

  /** What a process needs to find the server. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: S3_SECRET,
      // What this machine's owner uses is not ours.
      AWS_CONFIG_FILE: '/nowhere/config',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** @returns the name of a new bucket */
  async bucket(name = `bucket-${String(++this.buckets)}`): Promise<string> {
    await this.client.send(new CreateBucketCommand({ Bucket: name }));
    return name;
  }

  /** @param url `s3://bucket/key` */
  async put(url: string, body: Buffer): Promise<void> {
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
    await this.client.send(new PutObjectCommand({ Bucket, Key, Body: body }));
  }

  /** The keys of a bucket, up to a thousand. */
  async keys(bucket: string): Promise<string[]> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key }) => String(Key));
  }

  /** Every connection is broken off, and all objects are lost: it keeps them in memory. */
  async stop(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = once(this.server, 'exit');
    this.killNow();
    await ended;
  }

  /** Starts it again, on the same port. */
  async restart(): Promise<void> {
    this.server = launch(this.python, this.port);
    await this.isUp();
  }

  /** Connections are still accepted, by the kernel, and nothing is answered. */
  freeze(): void {
    this.server.kill('SIGSTOP');
  }

  thaw(): void {
    this.server.kill('SIGCONT');
  }

  async close(): Promise<void> {
    await this.stop();
    this.client.destroy();
    process.removeListener('exit', this.killNow);
  }

  private get endpoint(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  private async isUp(): Promise<void> {
    await until(
      'the S3 server answers',
      () => {
        if (this.server.exitCode !== null) throw new Error(`the S3 server ended with ${String(this.server.exitCode)}`);
        return fetch(`${this.endpoint}/moto-api/`).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      START_TIMEOUT,
    );
  }

  /** Not even a run that ends without its hooks leaves a server behind. */
  private readonly killNow = (): void => {
    this.server.kill('SIGKILL');
  };
}

function launch(python: string, port: number): ChildProcess {
  return spawn(python, ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
}

/** @returns the server of the suite; the environment of this process names it meanwhile */
export function useS3(): () => TestS3 {
  let s3: TestS3 | undefined;
  let restore: (() => void) | undefined;
  before('start an S3 server', async function () {
    this.timeout(PYTHON_TIMEOUT);
    s3 = await TestS3.start();
    restore = setAwsEnvironment(s3.environment);
  });
  after('stop the S3 server', async () => {
    restore?.();
    await s3?.close();
  });
  return () => {
    if (s3 === undefined) throw new Error('the S3 server is there once the tests run');
    return s3;
  };
}

/** Sets the variables of AWS to these and no others. @returns sets them to what they were */
export function setAwsEnvironment(environment: Readonly<Record<string, string>>): () => void {
  const before = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
  for (const [name] of before) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  return () => {
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, Object.fromEntries(before));
  };
}
