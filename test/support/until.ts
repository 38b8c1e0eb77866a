import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks: many at once would keep the machine busy with looking alone. */
const MOST_MS = 100;

/**
 * Looks again and again until `look` answers something truthy, and answers that.
 *
 * @param what is waited for, as the failure names it
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + withinMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(MOST_MS, pauseMs * 1.2)) {
    const found = await look();
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>;
    if (Date.now() > deadline) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await sleep(pauseMs);
  }
}
