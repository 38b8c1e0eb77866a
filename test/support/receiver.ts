/** A real HTTP receiver for tests: it records what arrives and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProgressBody, ResultBody } from '../../src/domain/events';

export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly at: number;
}

export interface Received extends Arrived {
  /** The status code that was answered. */
  readonly answered: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @returns the answer to the `count`th request (1-based) on its path, or only its status code */
export type Answer = (request: Arrived, count: number) => number | Reply | Promise<number | Reply>;

/** An answer that never comes. */
export const NEVER = new Promise<never>(() => undefined);

export class Receiver {
  /** Every request, as it came, answered or not. */
  readonly arrived: Arrived[] = [];
  /** Every request that was answered, in the order of the answers. */
  readonly received: Received[] = [];
  private readonly waiting = new Set<() => void>();
  /** The paths of which an answer has left this process. */
  private readonly sent = new Set<string>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: Answer = () => 200): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const got = { method, path, headers, text: Buffer.concat(chunks).toString(), at: Date.now() };
        const count = receiver.arrivedOn(path).length + 1;
        receiver.arrived.push(got);
        receiver.tell();
        void Promise.resolve(answer(got, count)).then((given) => {
          const reply = typeof given === 'number' ? { status: given } : given;
          response.writeHead(reply.status, reply.headers).end(reply.body, () => {
            receiver.sent.add(path);
            receiver.tell();
          });
          receiver.received.push({ ...got, answered: reply.status });
          receiver.tell();
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    return receiver;
  }

  /** For a pipeline: one URL for each kind. */
  get webhooks(): { progress: string; result: string } {
    return { progress: `${this.url}/progress`, result: `${this.url}/result` };
  }

  /** For a pipeline: one URL for both kinds. */
  get sharedWebhooks(): { progress: string; result: string } {
    return { progress: `${this.url}/hook`, result: `${this.url}/hook` };
  }

  /** Calls `tell` for each connection that is closed before its request was answered. */
  onHangUp(tell: () => void): void {
    this.server.on('request', (_, response) => {
      response.on('close', () => {
        if (!response.writableEnded) tell();
      });
    });
  }

  /** Resolves once the network has taken an answer to a request on that path. */
  untilAnswered(path: string): Promise<void> {
    return this.until(() => this.sent.has(path));
  }

  on(path: string): Received[] {
    return this.received.filter((request) => request.path === path);
  }

  arrivedOn(path: string): Arrived[] {
    return this.arrived.filter((request) => request.path === path);
  }

  /** The bodies that were answered with 2xx on `/progress`, in the order of their arrival. */
  get progress(): ProgressBody[] {
    return this.accepted('/progress').map(({ text }) => JSON.parse(text) as ProgressBody);
  }

  get results(): ResultBody[] {
    return this.accepted('/result').map(({ text }) => JSON.parse(text) as ResultBody);
  }

  /** Resolves as soon as `done` holds; looked at after each request and each answer. */
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

  private tell(): void {
    this.waiting.forEach((look) => {
      look();
    });
  }
}
