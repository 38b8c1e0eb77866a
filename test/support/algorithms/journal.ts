/**
 * A module as `ALGORITHMS` names it. Each item writes a line when it begins and one when it ends, and some bring a fault
 * upon the worker that runs them.
 */
import type { AlgorithmArgs, AlgorithmContext, Algorithms } from '../../../activities';
import { openSync, writeSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, JournalInput, JournalLine } from '../journal';

async function journal(
  { input: [file, item, ms, faults = {}] }: AlgorithmArgs<JournalInput>,
  { signal, attempt }: AlgorithmContext,
): Promise<number> {
  const write = async (word: JournalLine['word']): Promise<void> => {
    const line: JournalLine = { word, item, run: attempt, pid: process.pid, at: Date.now() };
    await appendFile(file, `${JSON.stringify(line)}\n`);
  };
  const fault = faults[String(item)];
  await write('begin');
  if (fault === undefined || (fault.firstRunOnly === true && attempt > 1)) await sleep(ms, undefined, { signal });
  else await bring(fault, signal);
  await write('end');
  return item;
}

async function bring({ kind, ms }: Fault, signal: AbortSignal): Promise<void> {
  if (kind === 'spin') {
    const end = Date.now() + ms;
    while (Date.now() < end);
    return;
  }
  await sleep(ms, undefined, { signal });
  if (kind === 'kill') process.kill(process.pid, 'SIGKILL');
  if (kind === 'exit') process.exit(1);
}

/** One for each file and process: a million lines by `appendFile` would be all that the job does. */
const logs = new Map<string, number>();

/** Answers ten times its number, which it leaves in the log; one of a thousand fails. */
function light({ input: [path, item] }: AlgorithmArgs<readonly [string, number]>): number {
  let log = logs.get(path);
  if (log === undefined) {
    log = openSync(path, 'a');
    logs.set(path, log);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(item);
  writeSync(log, bytes);
  if (isUnlucky(item)) throw new Error(`${String(item)} is unlucky`);
  return item * 10;
}

/** Spread by a hash of the number, so that it has nothing to do with how blocks are cut. */
export function isUnlucky(item: number): boolean {
  return Math.imul(item, 0x9e3779b1) >>> 0 < 2 ** 32 / 1_000;
}

// Whoever starts the job writes the input, so its type can be told here only.
const algorithms: Algorithms = {
  'light-alg': (args) => light(args as unknown as AlgorithmArgs<readonly [string, number]>),
  'journal-alg': (args, context) => journal(args as unknown as AlgorithmArgs<JournalInput>, context),
  'short-journal-alg': {
    short: true,
    run: (args, context) => journal(args as unknown as AlgorithmArgs<JournalInput>, context),
  },
};

export default algorithms;
