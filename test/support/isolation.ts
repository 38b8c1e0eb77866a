/** Whether receivers that never answer are in the way of one that does (contract §7): real jobs, and sockets that stay open. */
import { after } from 'mocha';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Receiver } from './receiver';
import type { Suite } from './suite';
import { until } from './until';

/** Accepts and reads, and never answers. */
export class BlackHole {
  readonly sockets = new Set<Socket>();
  /** All connections so far, and the most at a time. */
  accepted = 0;
  most = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(): Promise<BlackHole> {
    const server = createServer((socket) => {
      hole.sockets.add(socket);
      hole.accepted++;
      hole.most = Math.max(hole.most, hole.sockets.size);
      socket.resume();
      socket.on('error', () => undefined);
      socket.once('close', () => hole.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hole = new BlackHole(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
    return hole;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a job here consists of. */
export const NODES = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
/** Jobs that are started at a time to fill the holes. */
const AT_A_TIME = 20;
/** By default one worker makes so many requests at a time to one host. */
const PLACES = 8;

export interface BlackHoles {
  open(count: number): Promise<BlackHole[]>;
  /** Runs so many jobs whose results go to each hole, and waits until each has as many requests in hand as it can get. */
  fill(suite: Suite, each: number): Promise<void>;
}

/** They are closed after the last test. */
export function useBlackHoles(): BlackHoles {
  const open: BlackHole[] = [];
  after('close the black holes', () => Promise.all(open.map((hole) => hole.close())));
  return {
    async open(count) {
      const holes = await Promise.all(Array.from({ length: count }, () => BlackHole.open()));
      open.push(...holes);
      return holes;
    },
    async fill(suite, each) {
      const targets = open.flatMap(({ url }) => Array<string>(each).fill(url)).values();
      const run = async (): Promise<void> => {
        for (const result of targets) {
          await (await suite.start({ name: 'hole', nodes: NODES, webhooks: { result } })).result();
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, run));
      const full = (hole: BlackHole): boolean => hole.most >= Math.min(PLACES, each);
      await until('every hole is full', () => open.every(full), 60_000);
    },
  };
}

/**
 * Starts so many jobs at 5 a second whose webhooks go to one receiver.
 *
 * @returns the 95th percentile of the time from an event to its arrival, in milliseconds
 */
export async function latencyOf(suite: Suite, to: Receiver, jobs: number): Promise<number> {
  const before = to.arrived.length;
  const started: Promise<unknown>[] = [];
  for (const begun = performance.now(); started.length < jobs;) {
    started.push(suite.start({ name: 'healthy', nodes: NODES, webhooks: to.webhooks }));
    await sleep(Math.max(0, begun + started.length * 200 - performance.now()));
  }
  await Promise.all(started);
  // Pending, active, completed, and the result.
  await to.until(({ arrived }) => arrived.length - before >= jobs * 4, 120_000);
  const took = to.arrived
    .slice(before)
    .map(({ text, at }) => at - Date.parse((JSON.parse(text) as { timestamp: string }).timestamp))
    .sort((one, other) => one - other);
  return took[Math.ceil(took.length * 0.95) - 1] ?? Infinity;
}
