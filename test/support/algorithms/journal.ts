/**
 * A module as `ALGORITHMS` names it. Each item writes a line when it begins and one when it ends, and some bring a fault
 * upon the worker that runs them.
 */
import type { AlgorithmArgs, AlgorithmContext, Algorithms } from '../../../activities';
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

const algorithms: Algorithms = {
  // Whoever starts the job writes the input, so its type can be told here only.
  'journal-alg': (args, context) => journal(args as unknown as AlgorithmArgs<JournalInput>, context),
  'short-journal-alg': {
    short: true,
    run: (args, context) => journal(args as unknown as AlgorithmArgs<JournalInput>, context),
  },
};

export default algorithms;
