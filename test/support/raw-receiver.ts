/** A receiver in raw bytes: an HTTP library could not make half of the faults. It keeps a log of its own. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface RawRequest {
  /** `POST /hook HTTP/1.1` */
  readonly line: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Epoch milliseconds at which its last byte was there. */
  readonly at: number;
}

/** What a receiver does with one connection. Where it does nothing, it reads and is silent. */
export interface Behaviour {
  /** As soon as there is a connection, before a byte was read. */
  readonly open?: (socket: Socket) => void;
  /** Once the headers of the request are there. */
  readonly head?: (socket: Socket) => void;
  /** Once the whole request is there. */
  readonly request?: (socket: Socket) => void;
}

export interface RawReceiverOptions {
  /** Of each connection, counted from 1; a connection has the one that is current when it comes. @default plain TCP */
  readonly tls?: (connection: number) => TlsOptions;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** @default any that is free */
  readonly port?: number;
}

export class RawReceiver {
  /** Every connection so far, of plain TCP also where there is TLS above it. */
  readonly sockets: Socket[] = [];
  /** Every whole request, in the order of arrival. */
  readonly requests: RawRequest[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly port: number,
  ) {}

  /** @param behave what it does with each connection, counted from 1 */
  static async start(
    behave: Behaviour | ((connection: number) => Behaviour),
    { tls, host = '127.0.0.1', port = 0 }: RawReceiverOptions = {},
  ): Promise<RawReceiver> {
    let heard = 0;
    const serve = (socket: Socket): void => {
      const behaviour = typeof behave === 'function' ? behave(++heard) : behave;
      hear(socket, behaviour, (request) => receiver.requests.push(request));
    };
    const secure = tls === undefined ? undefined : createTlsServer({ allowHalfOpen: true, ...tls(1) }, serve);
    const server = secure ?? createServer({ allowHalfOpen: true }, serve);
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => undefined);
      receiver.sockets.push(socket);
      if (tls !== undefined) secure?.setSecureContext(tls(receiver.sockets.length + 1));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
    const bound = (server.address() as AddressInfo).port;
    const name = host.includes(':') ? `[${host}]` : host;
    const receiver = new RawReceiver(server, `${tls ? 'https' : 'http'}://${name}:${String(bound)}/hook`, bound);
    return receiver;
  }

  /** Whether the other side has let go of all connections. */
  get allClosed(): boolean {
    return this.sockets.every(({ closed }) => closed);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function hear(socket: Socket, behaviour: Behaviour, tell: (request: RawRequest) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let whole: number | undefined;
  let done = false;
  socket.on('error', () => undefined);
  // The other side has hung up: what is left of the behaviour has nobody to tell it to.
  socket.on('end', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (whole === undefined) {
      const end = Buffer.concat(chunks).indexOf('\r\n\r\n');
      if (end < 0) return;
      whole = end + 4 + Number(parse(Buffer.concat(chunks)).headers['content-length'] ?? 0);
      behaviour.head?.(socket);
    }
    if (done || length < whole) return;
    done = true;
    tell(parse(Buffer.concat(chunks)));
    behaviour.request?.(socket);
  });
  behaviour.open?.(socket);
}

function parse(bytes: Buffer): RawRequest {
  const end = bytes.indexOf('\r\n\r\n');
  const [line = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { line, headers, body: bytes.subarray(end + 4), at: Date.now() };
}
