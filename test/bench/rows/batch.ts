/** Wide batches of items that cost nothing: what the engine itself costs. */
import { runBare, runOurs, timed } from '../jobs';
import type { Rig, Side } from '../rig';
import { millisecondsEach, perSecond, type Group, type Sample, type Scale, type Variant } from '../row';
import { thousands } from '../words';

function variant(name: string, side: Side, count: number, run: (rig: Rig) => Promise<void>): Variant {
  const sample = async (rig: Rig): Promise<Sample> => ({ ms: await timed(() => run(rig)), count });
  return { name, run: (rig) => rig.measured(side, () => sample(rig)) };
}

function ours(count: number): Variant {
  return variant(`ours, ${thousands(count)}`, 'ours', count, (rig) => runOurs(rig, count));
}

function bare(count: number): Variant {
  return variant(`bare, ${thousands(count)}`, 'bare', count, (rig) => runBare(rig, 'bareBatch', count));
}

function chunked(count: number): Variant {
  return variant(`by hand, ${thousands(count)}`, 'bare', count, (rig) => runBare(rig, 'bareChunkedBatch', count));
}

const cpuSecondsEach = ({ cpuSeconds = NaN, count }: Sample): number => cpuSeconds / count;

export function batchGroup({ quick }: Scale): Group {
  const [one, ten, hundred] = [bare(quick ? 200 : 1_000), ours(10_000), ours(100_000)];
  const byHand = chunked(100_000);
  return {
    name: 'batch',
    variants: [one, ten, hundred, byHand],
    rows: [
      {
        what: `one batch of 10,000 items against ${one.name}`,
        of: ten.name,
        against: one.name,
        value: perSecond,
        unit: 'items/s',
        target: { atLeast: 50 },
      },
      {
        what: `one batch of 100,000 items against ${one.name}`,
        of: hundred.name,
        against: one.name,
        value: perSecond,
        unit: 'items/s',
        target: { atLeast: 150 },
      },
      {
        what: 'the same against a hand-written workflow with 1,000 items an activity',
        of: hundred.name,
        against: byHand.name,
        value: perSecond,
        unit: 'items/s',
        target: { atLeast: 0.5 },
      },
      {
        what: 'history events per item at 100,000 items, of all executions',
        of: hundred.name,
        value: ({ events = NaN, count }) => events / count,
        unit: 'events',
        target: { atMost: 0.02 },
      },
      {
        what: `CPU of server and worker per item at 100,000 items against ${one.name}`,
        of: hundred.name,
        against: one.name,
        value: cpuSecondsEach,
        unit: 'CPU s',
        target: { atMost: 1 / 50 },
      },
    ],
  };
}

/** How time and memory grow from 100,000 items to a million. */
export function millionGroup({ quick }: Scale): Group {
  const [small, large] = quick ? [ours(10_000), ours(100_000)] : [ours(100_000), ours(1_000_000)];
  return {
    name: 'ten times as many',
    variants: [small, large],
    freshWorkers: true,
    ...(quick && { repetitions: 1 }),
    runTimeoutMs: 90_000,
    rows: [
      {
        what: `time of ${large.name}, against ten times that of ${small.name}`,
        of: large.name,
        against: small.name,
        value: millisecondsEach,
        unit: 'ms an item',
        target: { atMost: 1.2 },
      },
      {
        what: `peak memory of the worker, ${large.name}`,
        of: large.name,
        value: ({ peakBytes = NaN }) => peakBytes / 1e6,
        unit: 'MB',
        target: { atMost: 600 },
      },
    ],
  };
}

const CURVE = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
/** A workflow that answers more by itself meets Temporal's limit of 2 MiB a payload. */
const WIDEST_BY_HAND = 100_000;
const WIDEST_BARE = 3_000;

/** For the plots. */
export function curveGroup({ quick }: Scale): Group {
  const sizes = CURVE.filter((size) => !quick || [1_000, 10_000, 100_000].includes(size));
  const upTo = (widest: number): number[] => sizes.filter((size) => !quick && size <= widest);
  return {
    name: 'curve',
    variants: [...sizes.map(ours), ...upTo(WIDEST_BY_HAND).map(chunked), ...upTo(WIDEST_BARE).map(bare)],
    freshWorkers: true,
    repetitions: 1,
    runTimeoutMs: 90_000,
    rows: [],
  };
}
