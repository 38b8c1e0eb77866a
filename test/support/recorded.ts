/** Requests as another program makes them, byte for byte: nothing is added that `fetch` would add. */
import { request, type OutgoingHttpHeaders } from 'node:http';
import type { Answer } from './facade';

/** The headers of a client, as it writes them. `host` and `content-length` follow from the request. */
export type ClientHeaders = Readonly<Record<string, string>>;

export interface Recorded {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Not encoded further. */
  readonly path: string;
  readonly headers: ClientHeaders;
  readonly body?: string;
}

/** Sends it on a connection of its own; with `transfer-encoding: chunked` the body has no length. */
export function replay(url: string, { method, path, headers, body }: Recorded): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const isChunked = headers['transfer-encoding'] === 'chunked';
  const length = body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const all: OutgoingHttpHeaders = { ...headers, ...length };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
