/** One POST to an address that is not ours, under the guard (contract §7): for webhooks and for HTTP algorithms. */
import type { SecureContext } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { ConnectError, createConnector } from './connector';
import { checkUrl, type AllowList } from './guard';

export interface PostOptions {
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Trusted certificates. @default Node's own */
  readonly secureContext?: SecureContext;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Ends it, whatever it is at; its reason is what `post` then rejects with. */
  readonly signal: AbortSignal;
}

/**
 * Sends once, over a connection of its own, which is destroyed when `read` has settled. A redirect is not followed.
 *
 * @param read takes what it wants of the answer
 * @throws {@link ConnectError} where there is no connection; what undici throws where it breaks
 */
export async function post<T>(
  { url, headers, body, signal }: Post,
  { allow, connectTimeoutMs, secureContext }: PostOptions,
  read: (answer: Dispatcher.ResponseData) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const refusal = checkUrl(url, allow);
  if (refusal !== undefined) throw new ConnectError(refusal.error);
  const { origin, pathname, search } = new URL(url);
  const connect = createConnector({
    allow,
    timeoutMs: connectTimeoutMs,
    signal,
    ...(secureContext !== undefined && { secureContext }),
  });
  // The caller's signal is the deadline of the whole; undici's own timers start anew with every byte.
  const client = new Client(origin, { connect, headersTimeout: 0, bodyTimeout: 0 });
  try {
    const answer = client.request({
      method: 'POST',
      path: pathname + search,
      headers: { ...headers, 'user-agent': 'temporal-pipelines', 'accept-encoding': 'identity' },
      body,
      signal,
      reset: true,
    });
    return await read(await Promise.race([answer.then(withQuietBody), aborted(signal)]));
  } finally {
    void client.destroy();
  }
}

/** A body that breaks, even while nobody reads it, says nothing about the delivery. */
function withQuietBody(answer: Dispatcher.ResponseData): Dispatcher.ResponseData {
  answer.body.on('error', () => undefined);
  return answer;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
