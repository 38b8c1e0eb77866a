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
  /** The most connections at a time. */
  most = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(): Promise<BlackHole> {
    const server = createServer((socket) => {
      hole.sockets.add(socket);
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

/** @returns opens so many; all are closed after the last test */
export function useBlackHoles(): (count: number) => Promise<BlackHole[]> {
  const open: BlackHole[] = [];
  after('close the black holes', () => Promise.all(open.map((hole) => hole.close())));
  return async (count) => {
    const holes = await Promise.all(Array.from({ length: count }, () => BlackHole.open()));
    open.push(...holes);
    return holes;
  };
}

const NODES = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
/** Jobs that are started at a time to fill the holes. */
const AT_A_TIME = 20;

/** Runs so many jobs whose results go to each hole, and waits until they have all ended and each hole is busy. */
export async function fill(suite: Suite, holes: readonly BlackHole[], each: number): Promise<void> {
  const targets = holes.flatMap((hole) => Array<string>(each).fill(hole.url));
  const next = targets.values();
  const run = async (): Promise<void> => {
    for (const result of next) await (await suite.start({ name: 'hole', nodes: NODES, webhooks: { result } })).result();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, run));
  await until('every hole is busy', () => holes.every(({ sockets }) => sockets.size > 0));
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
  await to.until(({ arrived }) => arrived.length - before >= jobs * 4);
  const took = to.arrived
    .slice(before)
    .map(({ text, at }) => at - Date.parse((JSON.parse(text) as { timestamp: string }).timestamp))
    .sort((one, other) => one - other);
  return took[Math.ceil(took.length * 0.95) - 1] ?? Infinity;
}
