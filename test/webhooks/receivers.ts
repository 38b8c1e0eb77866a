/** Real receivers on this machine, and the certificate of the secure ones. All are closed by `closeReceivers`. */
import { createServer as createHttp, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Receiver {
  readonly port: number;
  /** `http://127.0.0.1:<port>/hook` */
  readonly url: string;
  /** Every connection so far. */
  readonly sockets: readonly Socket[];
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const open: { server: Server; sockets: Socket[] }[] = [];

async function listen(server: Server, scheme: string, host: string): Promise<Receiver> {
  const sockets: Socket[] = [];
  open.push({ server, sockets });
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `${scheme}://127.0.0.1:${port}/hook`, sockets };
}

export function httpReceiver(listener: RequestListener): Promise<Receiver> {
  return listen(createHttp(listener), 'http', '127.0.0.1');
}

/** @param options such as `requestCert` */
export function httpsReceiver(listener: RequestListener, options: ServerOptions = {}): Promise<Receiver> {
  return listen(createHttps({ key: KEY, cert: CERTIFICATE, ...options }, listener), 'https', '127.0.0.1');
}

/** Answers in raw bytes, once the request has begun to arrive. */
export function rawReceiver(answer: (socket: Socket) => void, scheme = 'http'): Promise<Receiver> {
  const server = createTcp((socket) => {
    socket.once('data', () => {
      answer(socket);
    });
  });
  return listen(server, scheme, '127.0.0.1');
}

/** Keeps what it got and answers 200. */
export async function recorder(): Promise<Receiver & { readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const receiver = await httpReceiver((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      response.end('thanks');
    });
  });
  return { ...receiver, received };
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcp();
  const { port } = await listen(server, 'http', '127.0.0.1');
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once the other side has let go of all connections. */
export async function allClosed(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }
}

export async function closeReceivers(): Promise<void> {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** Self-signed, for localhost and 127.0.0.1, valid from 2020 to 2120. The key is for these tests only. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJAfLhSE8PZAzuGV
dsrAeNESN/D8+u3qabeQcuwlFy9HPR2WK72WeIxe6uXL43JoVn+yfNmU+hKI77Tb
hMwnpbOjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0
hwR/AAABMB0GA1UdDgQWBBTGQaMV+oq7DhYQ0EVLydldcAk+KDAKBggqhkjOPQQD
AgNIADBFAiEAishKNUJ/wfvOHBIMV1AstXpyKB+R+kE7izWcLp80HOICIAF4RjsZ
H3Yg2iaUZqlnYA47bS4ikg/ElYQN0XivH2D8
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrSyWOilKRkijwrVu
V/+WRf56I2jklllSPj1HFq6UsZqhRANCAASQHy4UhPD2QM7hlXbKwHjREjfw/Prt
6mm3kHLsJRcvRz0dliu9lniMXurly+NyaFZ/snzZlPoSiO+024TMJ6Wz
-----END PRIVATE KEY-----
`;
