/** The facade as a process: listens, and closes when it is told to. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, type AppOptions } from './app';

export interface Facade {
  readonly port: number;
  /** Takes no new request and resolves once those in hand are answered, or are cut off after twelve seconds. */
  close(): Promise<void>;
}

/** Longer than any answer takes, and shorter than what a child process is given to end. */
const DRAIN_MS = 12_000;

/** A query of any length that a route takes fits: Node's own 16 KiB answer 431 without a body, and name no field. */
const MAX_HEADER_BYTES = 65_536;

/** @throws Error where the port is taken */
export async function startFacade(host: string, port: number, options: AppOptions): Promise<Facade> {
  const handle = createApp(options).callback();
  const inHand = new Set<ServerResponse>();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    inHand.add(response);
    response.once('close', () => inHand.delete(response));
    if (!server.listening) response.setHeader('connection', 'close');
    void handle(request, response);
  });
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close };

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // By hand: Node leaves those open on which nothing was asked yet.
    const busy = new Set([...inHand].map(({ socket }) => socket));
    for (const socket of connections) if (!busy.has(socket)) socket.destroy();
    // A client that keeps its connection would send the next request on it.
    for (const response of inHand) if (!response.headersSent) response.setHeader('connection', 'close');
    const drained = new AbortController();
    const cut = sleep(DRAIN_MS, undefined, { signal: drained.signal }).then(
      () => server.closeAllConnections(),
      () => undefined,
    );
    await closed;
    drained.abort();
    await cut;
  }
}
