/** A module as `ALGORITHMS` names it: the links of a chain of pipelines. */
import type { Algorithms } from '../../../activities';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Answers what the link before it has answered, and its own name. */
const algorithms: Algorithms = {
  'link-alg': async ({ input }, { signal }) => {
    const [file, name, parent] = input as unknown as readonly [
      string,
      string,
      readonly { readonly result: string[] }[],
    ];
    await sleep(50, undefined, { signal });
    await appendFile(file, `${name}\n`);
    const [before] = parent;
    return [...(before?.result ?? []), name];
  },
};

export default algorithms;
