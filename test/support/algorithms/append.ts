/** A module as `ALGORITHMS` names it: each item writes a line when it begins and one when it ends. */
import type { Algorithms } from '../../../activities';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const algorithms: Algorithms = {
  /** Input: the file, the item, and how long it takes in milliseconds. */
  'append-alg': async ({ input: [file, item, ms] }, { signal }) => {
    await appendFile(String(file), `begin ${String(item)}\n`);
    await sleep(Number(ms), undefined, { signal });
    await appendFile(String(file), `end ${String(item)}\n`);
    return item;
  },
};

export default algorithms;
