import { setTimeout as sleep } from 'node:timers/promises';

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
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>;
    if (Date.now() > deadline) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await sleep(20);
  }
}
