/** A real HTTP receiver for tests: it records what arrives and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProgressBody, ResultBody } from '../../src/domain/events';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly at: number;
  /** The status code that was answered. */
  readonly answered: number;
}

/** @returns the status code of the answer to the `count`th request (1-based) on its path */
export type Answer = (request: Omit<Received, 'answered'>, count: number) => number | Promise<number>;

export class Receiver {
  readonly received: Received[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: Answer = () => 200): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const got = { path: request.url ?? '', headers: request.headers, text, at: Date.now() };
        const count = receiver.on(got.path).length + 1;
        void Promise.resolve(answer(got, count)).then((answered) => {
          receiver.record({ ...got, answered });
          response.writeHead(answered).end();
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    return receiver;
  }

  on(path: string): Received[] {
    return this.received.filter((request) => request.path === path);
  }

  /** The bodies that were answered with 2xx on `/progress`, in the order of their arrival. */
  get progress(): ProgressBody[] {
    return this.accepted('/progress').map(({ text }) => JSON.parse(text) as ProgressBody);
  }

  get results(): ResultBody[] {
    return this.accepted('/result').map(({ text }) => JSON.parse(text) as ResultBody);
  }

  /** Resolves as soon as `done` holds; looked at after each request. */
  async until(done: (receiver: Receiver) => boolean, withinMs = 30_000): Promise<void> {
    if (done(this)) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!done(this)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        const seen = this.received.map(({ path, text, answered }) => `${path} ${String(answered)} ${text}`).join('\n');
        reject(new Error(`not within ${String(withinMs)} ms; received:\n${seen}`));
      }, withinMs);
      this.waiting.add(look);
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accepted(path: string): Received[] {
    return this.on(path).filter(({ answered }) => answered < 300);
  }

  private record(request: Received): void {
    this.received.push(request);
    this.waiting.forEach((look) => {
      look();
    });
  }
}
