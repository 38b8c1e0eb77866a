/** The work that both sides of the benchmark do: the same functions, as algorithms here and as activities there. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long items take: `ms` each, `slowMs` those in `slow`, which are 1-based. */
export interface Timing {
  readonly ms: number;
  readonly slow: readonly number[];
  readonly slowMs: number;
}

/** One item: an async function, input × 10. */
export function timesTen(value: number): Promise<number> {
  return Promise.resolve(value * 10);
}

/** The same of an item that takes its time. */
export async function slowTimesTen(value: number, { ms, slow, slowMs }: Timing): Promise<number> {
  await sleep(slow.includes(value) ? slowMs : ms);
  return timesTen(value);
}
