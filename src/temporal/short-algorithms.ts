/** Which algorithms of a client's own task queue are short, for jobs whose algorithms nobody has resolved. */
import type { Client } from '@temporalio/client';
import type { Homes } from '../domain/homes';
import { algorithmsOf, type Pipeline } from '../domain/pipeline';
import { within } from './deadline';
import { announcedBy } from './registry';

/** A worker that does not know an algorithm as short says so, so what was read may be old. */
const KEPT_MS = 10_000;
/** A start does not wait longer for what only makes its job quicker. */
const READ_WITHIN_MS = 1_000;

/** @returns a home for each algorithm of the pipeline that is short; undefined where none is, or where nobody can tell */
export function createShortReader(
  client: Client,
  taskQueue: string,
): (pipeline: Pipeline) => Promise<Homes | undefined> {
  let last: { readonly at: number; readonly short: Promise<ReadonlySet<string>> } | undefined;
  return async (pipeline) => {
    if (last === undefined || Date.now() - last.at >= KEPT_MS) {
      last = { at: Date.now(), short: readShort(client, taskQueue).catch(() => new Set<string>()) };
    }
    const short = await last.short;
    const names = algorithmsOf(pipeline).filter((name) => short.has(name));
    if (names.length === 0) return undefined;
    return Object.fromEntries(names.map((name) => [name, { kind: 'worker', taskQueue, short: true }]));
  };
}

async function readShort(client: Client, taskQueue: string): Promise<Set<string>> {
  const announcement = await within(client, READ_WITHIN_MS, () => announcedBy(client, taskQueue));
  const algorithms = Object.entries(announcement?.algorithms ?? {});
  return new Set(algorithms.filter(([, { short }]) => short === true).map(([name]) => name));
}
