/** Code that never yields, as a module that a thread can load. */
import type { Algorithms } from '../../../activities';

const algorithms: Algorithms = {
  /** Input: how long it keeps its event loop busy, in milliseconds. */
  'spin-alg': {
    thread: true,
    run: ({ input: [ms] }, { attempt, log }) => {
      log.info('spinning');
      const end = Date.now() + Number(ms);
      while (Date.now() < end);
      return { attempt };
    },
  },
  'throw-alg': {
    thread: true,
    run: () => {
      throw new Error('from the thread');
    },
  },
  'exit-alg': { thread: true, run: () => process.exit(3) },
  'function-alg': { thread: true, run: () => () => 1 },
};

export default algorithms;
