/** Items that take their time, on few slots: whether a slot is ever idle. */
import type { Timing } from '../algorithms';
import { runBare, runOurs, timed } from '../jobs';
import { milliseconds, repeated, type Group, type Scale } from '../row';

const ITEMS = 200;
const SLOTS = 20;
/** Drawn once; one of the two is in the last tenth, where nothing is left to do beside it. */
const SLOW = [61, 187];

function group(name: string, what: string, timing: Timing, atMost: number): Group {
  return {
    name,
    slots: SLOTS,
    variants: [
      { name: 'ours', run: async (rig) => ({ ms: await timed(() => runOurs(rig, ITEMS, timing)), count: ITEMS }) },
      {
        name: 'bare',
        run: async (rig) => ({ ms: await timed(() => runBare(rig, 'bareSlowBatch', ITEMS, timing)), count: ITEMS }),
      },
    ],
    rows: [{ what, of: 'ours', against: 'bare', value: milliseconds, unit: 'ms', target: { atMost } }],
  };
}

export function evenGroup(scale: Scale): Group {
  const timing = { ms: 50, slow: [], slowMs: 50 };
  const what = '200 items of 50 ms on 20 slots, wall time against bare';
  return { ...group('slots', what, timing, 1), repetitions: repeated(scale, 9) };
}

export function unevenGroup({ quick }: Scale): Group {
  const ms = quick ? 20 : 50;
  const what = `200 items of ${ms} ms on 20 slots, 2 of them 100 × longer (${SLOW.join(' and ')}), against bare`;
  return group('slots, uneven', what, { ms, slow: SLOW, slowMs: 100 * ms }, 1.2);
}
