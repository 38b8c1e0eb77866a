/** A port whose backlog is full: the kernel drops what would connect to it, as a firewall does, and says nothing. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** It listens, and then never takes a connection, as its thread waits for ever. */
const LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ ...workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A connection that is not there by then is not coming: on this machine they take microseconds. */
const SETTLED_MS = 150;

export class BlackHole {
  private constructor(
    private readonly thread: Worker,
    private readonly held: readonly Socket[],
    readonly port: number,
  ) {}

  static async open(host = '127.0.0.1', port = 0): Promise<BlackHole> {
    const thread = new Worker(LISTENER, { eval: true, execArgv: [], workerData: { host, port } });
    const [bound] = (await once(thread, 'message')) as [number];
    const held: Socket[] = [];
    let full = false;
    while (!full) {
      const socket = connect(bound, host).on('error', () => undefined);
      held.push(socket);
      const connected = once(socket, 'connect').then(
        () => true,
        () => false,
      );
      full = await Promise.race([connected.then(() => false), sleep(SETTLED_MS, true)]);
    }
    return new BlackHole(thread, held, bound);
  }

  async close(): Promise<void> {
    for (const socket of this.held) socket.destroy();
    await this.thread.terminate();
  }
}
