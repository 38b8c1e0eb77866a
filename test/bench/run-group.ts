/** Runs the variants of a group in turn, so that whatever else the machine does meets all of them. */
import { runBare, runOurs } from './jobs';
import type { Rig } from './rig';
import type { Group, Sample, Samples, Variant } from './row';

const DEFAULT_SLOTS = 100;
const DEFAULT_RUN_TIMEOUT_MS = 60_000;
const WARM_UPS = 10;
const WARM_UP_ITEMS = 10;

/**
 * @param until when no other run begins, as `Date.now()`; one that has begun ends by then
 * @returns what there is by then: a variant that has failed once is not tried again, and stops no other
 */
export async function runGroup(rig: Rig, group: Group, repetitions: number, until: number): Promise<Samples> {
  const samples = new Map<string, Sample[] | Error>(group.variants.map(({ name }) => [name, []]));
  const slots = group.slots ?? DEFAULT_SLOTS;
  for (let repetition = 0; repetition < (group.repetitions ?? repetitions); repetition++) {
    // None has always the same one before it.
    const order = repetition % 2 === 0 ? group.variants : [...group.variants].reverse();
    for (const variant of order) {
      const taken = samples.get(variant.name);
      if (!Array.isArray(taken) || Date.now() >= until) continue;
      try {
        if (group.freshWorkers === true) await rig.clear();
        if (await rig.useWorkers(slots)) await warmUp(rig);
        const left = until - Date.now();
        if (left <= 0) continue;
        taken.push(await within(variant, rig, Math.min(left, group.runTimeoutMs ?? DEFAULT_RUN_TIMEOUT_MS)));
      } catch (error) {
        const isLate = error instanceof TooLate && Date.now() >= until;
        // Of repetitions that were measured none is lost to the end of the time.
        if (!isLate || taken.length === 0) samples.set(variant.name, error as Error);
        await rig.clear();
      }
    }
  }
  return samples;
}

/** A worker's first jobs are slow, and would be charged to whatever comes first. */
async function warmUp(rig: Rig): Promise<void> {
  for (let round = 0; round < WARM_UPS; round++) {
    await Promise.all([runOurs(rig, WARM_UP_ITEMS), runBare(rig, 'bareBatch', WARM_UP_ITEMS)]);
  }
}

class TooLate extends Error {}

async function within(variant: Variant, rig: Rig, ms: number): Promise<Sample> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TooLate(`not done within ${String(Math.round(ms / 1_000))} s`));
    }, ms);
  });
  const running = variant.run(rig);
  // What comes of a run that was given up is nobody's concern.
  running.catch(() => undefined);
  return Promise.race([running, limit, rig.workerLost]).finally(() => {
    clearTimeout(timer);
  });
}
