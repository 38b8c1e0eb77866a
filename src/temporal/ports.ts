import { connect, createServer } from 'node:net';

/** Whether nobody listens on `host:port` yet, so that we can. Port 0 is always free. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

/** `preferred` if it is free, else one that the system picks. */
export async function freePort(preferred: number, host = '127.0.0.1'): Promise<number> {
  const port = (await listenOnce(preferred, host)) ?? (await listenOnce(0, host));
  if (port === undefined) throw new Error(`no free port on ${host}`);
  return port;
}

/** Whether somebody accepts connections there. */
export async function isPortOpen(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1_000 });
    const finish = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => {
      finish(true);
    });
    socket.once('error', () => {
      finish(false);
    });
    socket.once('timeout', () => {
      finish(false);
    });
  });
}

/** Listens and lets go at once. Answers the port, or undefined where it is taken; other mistakes (a bad host) throw. */
async function listenOnce(port: number, host: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  });
}
