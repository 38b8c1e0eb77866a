/** The facade as a process: listens, and closes when it is told to. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, type AppOptions } from './app';

export interface Facade {
  readonly port: number;
  /** Takes no new request and resolves once those in hand are answered. */
  close(): Promise<void>;
}

/** @throws Error where the port is taken */
export async function startFacade(host: string, port: number, options: AppOptions): Promise<Facade> {
  const handle = createApp(options).callback();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}
