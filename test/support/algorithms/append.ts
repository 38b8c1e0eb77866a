/** A module as `ALGORITHMS` names it: each item writes a line when it begins and one when it ends. */
import type { AlgorithmArgs, AlgorithmContext, Algorithms } from '../../../activities';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param input the file, the item, and how long it takes in milliseconds */
async function append({ input }: AlgorithmArgs, { signal }: AlgorithmContext): Promise<number> {
  const [file, item, ms] = input as readonly [string, number, number];
  await appendFile(file, `begin ${item}\n`);
  await sleep(ms, undefined, { signal });
  await appendFile(file, `end ${item}\n`);
  return item;
}

const algorithms: Algorithms = { 'append-alg': append };

export default algorithms;
