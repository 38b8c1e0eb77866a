/** Algorithms of a worker process that is to be killed: they go on once a file is there. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Algorithms } from '../../../activities';

const algorithms: Algorithms = {
  'file-gate': {
    concurrency: 100,
    run: async ({ input }, { signal }) => {
      const [file] = input as [string];
      while (!existsSync(file)) await sleep(50, undefined, { signal });
    },
  },
};

export default algorithms;
