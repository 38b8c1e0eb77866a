/** What the workers of a client's own task queue have announced, for jobs whose algorithms nobody has resolved. */
import type { Client } from '@temporalio/client';
import type { AlgorithmHome } from '../domain/algorithm-definition';
import type { Homes } from '../domain/homes';
import { algorithmsOf, type Pipeline } from '../domain/pipeline';
import { within } from './deadline';
import { createKept } from '../kept';
import { announcedBy } from './registry';

/** A worker that does not know an algorithm as short says so, so what was read may be old. */
const KEPT_MS = 10_000;
/** Where nobody can tell. */
const NOBODYS: ReadonlyMap<string, AlgorithmHome> = new Map();
/** A start does not wait longer for what only makes its job quicker. */
const READ_WITHIN_MS = 1_000;

/**
 * @returns a home for each algorithm of the pipeline of which more is announced than its name; undefined where none is, or
 * where nobody can tell
 */
export function createHomesReader(
  client: Client,
  taskQueue: string,
): (pipeline: Pipeline) => Promise<Homes | undefined> {
  const read = createKept(() => readHomes(client, taskQueue).catch(() => NOBODYS), {
    forMs: KEPT_MS,
    staleForMs: KEPT_MS,
  });
  return async (pipeline) => {
    const announced = await read();
    const homes = algorithmsOf(pipeline).flatMap((algorithmName) => {
      const home = announced.get(algorithmName);
      return home === undefined ? [] : [[algorithmName, home] as const];
    });
    return homes.length === 0 ? undefined : Object.fromEntries(homes);
  };
}

async function readHomes(client: Client, taskQueue: string): Promise<ReadonlyMap<string, AlgorithmHome>> {
  const announcement = await within(client, READ_WITHIN_MS, () => announcedBy(client, taskQueue));
  const homes = new Map<string, AlgorithmHome>();
  for (const [name, { short = false, blockSize }] of Object.entries(announcement?.algorithms ?? {})) {
    if (!short && blockSize === undefined) continue;
    const told = { ...(short && { short }), ...(blockSize !== undefined && { blockSize }) };
    homes.set(name, { kind: 'worker', taskQueue, ...told });
  }
  return homes;
}
