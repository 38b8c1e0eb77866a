/** Small jobs: how long one takes, and how many go through at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededIntegers } from '../../support/seeded';
import { median } from '../statistics';
import { runBare, runOurs, runShort, timed } from '../jobs';
import { milliseconds, perSecond, repeated, type Group, type Sample, type Scale, type Variant } from '../row';
import type { Rig } from '../rig';
import { runBareWithWebhooks, runOursWithWebhooks } from './webhooks';

const ITEMS = 3;
/**
 * Between jobs that run one by one. Without it each begins in step with a timer of the server that has ended the one before,
 * and all take the same tenth of a second, whatever they do.
 */
const LONGEST_PAUSE_MS = 100;

const ours = (rig: Rig): Promise<void> => runOurs(rig, ITEMS);
const short = (rig: Rig): Promise<void> => runShort(rig, ITEMS);
const bare = (rig: Rig): Promise<void> => runBare(rig, 'bareBatch', ITEMS);

export function latencyGroup({ quick }: Scale): Group {
  const jobs = quick ? 10 : 40;
  const oneByOne = (name: string, run: (rig: Rig) => Promise<void>): Variant => ({
    name,
    async run(rig) {
      const times: number[] = [];
      // The first one finds what was idle.
      await run(rig);
      for (const pause of seededIntegers(1, jobs, 0, LONGEST_PAUSE_MS)) {
        await sleep(pause);
        times.push(await timed(() => run(rig)));
      }
      return { ms: median(times), count: 1 };
    },
  });
  return {
    name: 'latency',
    variants: [oneByOne('ours', ours), oneByOne('short', short), oneByOne('bare', bare)],
    rows: [
      {
        what: 'a three-item job, p50 latency against bare',
        of: 'ours',
        against: 'bare',
        value: milliseconds,
        unit: 'ms',
        target: { atMost: 1.1 },
      },
      {
        what: 'the same with an algorithm declared short (local activities), p50 against bare',
        of: 'short',
        against: 'bare',
        value: milliseconds,
        unit: 'ms',
        target: { atMost: 0.6 },
      },
    ],
  };
}

export function throughputGroup(scale: Scale): Group {
  const jobs = scale.quick ? 50 : 200;
  const atOnce = (name: string, run: (rig: Rig) => Promise<void>): Variant => ({
    name,
    run: async (rig) => ({
      ms: await timed(() => Promise.all(Array.from({ length: jobs }, () => run(rig)))),
      count: jobs,
    }),
  });
  return {
    name: 'jobs at once',
    repetitions: repeated(scale, 7),
    variants: [atOnce('ours', ours), atOnce('bare', bare)],
    rows: [
      {
        what: `${jobs} three-item jobs at once against bare`,
        of: 'ours',
        against: 'bare',
        value: perSecond,
        unit: 'jobs/s',
        target: { atLeast: 0.9 },
      },
    ],
  };
}

export function webhookGroup({ quick }: Scale): Group {
  const jobs = quick ? 50 : 200;
  const variant = (name: string, run: (rig: Rig, jobs: number, items: number) => Promise<Sample>): Variant => ({
    name,
    run: (rig) => run(rig, jobs, ITEMS),
  });
  return {
    name: 'jobs at once, with webhooks',
    variants: [variant('ours', runOursWithWebhooks), variant('bare', runBareWithWebhooks)],
    rows: [
      {
        what: `${jobs} three-item jobs at once with an info progress and a result webhook, against bare with four posts`,
        of: 'ours',
        against: 'bare',
        value: perSecond,
        unit: 'jobs/s',
        target: { atLeast: 0.6 },
      },
    ],
  };
}
