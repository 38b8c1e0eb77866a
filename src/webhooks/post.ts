/**
 * One POST to an address that is not ours, under the guard (contract §7): for webhooks and for HTTP algorithms.
 * Node's own client on a socket of ours: undici takes an unasked `100 Continue`, which every client must pass over
 * (RFC 9110 §15.2), for a broken connection, and reads informational answers without a limit.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { ConnectError, openConnection } from './connector';
import type { Lookup } from './lookups';
import { checkUrl, type AllowList } from './guard';

export interface PostOptions {
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Trusted certificates. @default Node's own */
  readonly secureContext?: SecureContext;
  /** @default the system's resolver, with all its addresses */
  readonly lookup?: Lookup;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Ends it, whatever it is at; its reason is what `post` then rejects with. */
  readonly signal: AbortSignal;
}

/** The head of an answer, and its body as it comes, never inflated. */
export interface Answer {
  /** Whatever three digits say, but not informational. */
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** The receiver does not speak HTTP/1.1, or says more before its answer than anybody has to listen to. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Of the headers of an answer, and of all informational answers before it. */
const MAX_HEAD_BYTES = 64 * 1_024;

/**
 * Sends once, over a connection of its own, which is destroyed when `read` has settled. A redirect is not followed.
 *
 * @param read takes what it wants of the answer
 * @throws {@link ConnectError} where there is no connection, {@link ProtocolError} where what comes is not HTTP; what
 * Node throws where the connection breaks
 */
export async function post<T>(
  { url, headers, body, signal }: Post,
  { allow, connectTimeoutMs, ...rest }: PostOptions,
  read: (answer: Answer) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const refusal = checkUrl(url, allow);
  if (refusal !== undefined) throw new ConnectError(refusal.error);
  const target = new URL(url);
  let socket: Socket | undefined;
  const stop = () => {
    socket?.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    socket = await openConnection(target, { ...rest, allow, timeoutMs: connectTimeoutMs, signal });
    signal.throwIfAborted();
    return await read(await ask(socket, target, { url, headers, body, signal }));
  } catch (error) {
    // Once it was ended, whatever the socket makes of it is an echo of that.
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function ask(socket: Socket, target: URL, { headers, body }: Post): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      method: 'POST',
      path: target.pathname + target.search,
      maxHeaderSize: MAX_HEAD_BYTES,
      headers: {
        host: target.host,
        connection: 'close',
        ...headers,
        'user-agent': 'temporal-pipelines',
        'accept-encoding': 'identity',
        'content-length': body.length,
      },
    });
    const refuse = () => {
      reject(new ProtocolError());
      socket.destroy();
    };
    request.on('response', (response) => {
      // Node takes it for the answer where it names no protocol; we have asked for none.
      if (response.statusCode === 101) refuse();
      resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: response });
    });
    request.on('information', () => {
      if (socket.bytesRead > MAX_HEAD_BYTES) refuse();
    });
    request.on('upgrade', refuse);
    // It stays: what breaks after the head of the answer is told to whoever reads the body.
    request.on('error', reject);
    request.end(body);
  });
}
