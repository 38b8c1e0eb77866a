/** An S3 server for the tests of a file, on a port of its own: it can be ended, frozen and started again. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../src/temporal/ports';
import { ensurePython } from './python';
import { until } from './until';

/** On a busy machine it loads for seconds. */
export const S3_START_TIMEOUT = 60_000;

export class TestS3 {
  private buckets = 0;

  private constructor(
    private readonly python: string,
    private readonly port: number,
    private server: ChildProcess,
  ) {
    process.once('exit', this.killNow);
  }

  /** Call it with `this.timeout(PYTHON_TIMEOUT)`. */
  static async start(): Promise<TestS3> {
    const python = await ensurePython(['moto[server]==5.2.5']);
    const port = await freePort(0);
    const s3 = new TestS3(python, port, launch(python, port));
    await s3.isUp();
    return s3;
  }

  /** What a process needs to find the server. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${String(this.port)}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'tester',
      AWS_SECRET_ACCESS_KEY: 'hunter2',
    };
  }

  /** @returns the name of a new bucket */
  async bucket(name = `bucket-${String(++this.buckets)}`): Promise<string> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket: name }));
    client.destroy();
    return name;
  }

  client(): S3Client {
    const { environment } = this;
    return new S3Client({
      endpoint: String(environment['AWS_ENDPOINT_URL']),
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'tester', secretAccessKey: 'hunter2' },
    });
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
    process.removeListener('exit', this.killNow);
  }

  private async isUp(): Promise<void> {
    await until(
      'the S3 server answers',
      () => {
        if (this.server.exitCode !== null) throw new Error(`the S3 server ended with ${String(this.server.exitCode)}`);
        return fetch(`http://127.0.0.1:${String(this.port)}/moto-api/`).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      S3_START_TIMEOUT,
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
