/** What the items of a job write down while they run: the truth about what ran, when and where. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Death } from './worker-process';

/** What an item does instead of its work. */
export interface Fault {
  /** `kill` and `exit` end its process, `spin` keeps the event loop busy, `wait` only takes its time. */
  readonly kind: 'kill' | 'exit' | 'spin' | 'wait';
  /** How long it takes, or until it ends its process. */
  readonly ms: number;
  readonly firstRunOnly?: boolean;
}

/** The input of `journal-alg`: the journal's file, the item, how long it takes, and faults by item. */
export type JournalInput = readonly [file: string, item: number, ms: number, faults?: Readonly<Record<string, Fault>>];

export interface JournalLine {
  readonly word: 'begin' | 'end';
  readonly item: number;
  /** As the engine counts the runs of the item, 1-based. */
  readonly run: number;
  readonly pid: number;
  readonly at: number;
}

/** One run of an item. */
export interface Run {
  readonly item: number;
  readonly run: number;
  readonly pid: number;
  readonly began: number;
  readonly ended?: number;
}

export class Journal {
  private constructor(readonly file: string) {}

  static async create(file: string): Promise<Journal> {
    await writeFile(file, '');
    return new Journal(file);
  }

  /** In the order in which they began. */
  async runs(): Promise<Run[]> {
    const text = await readFile(this.file, 'utf8');
    // What stands behind the last line break is still being written.
    const lines = text.split('\n').slice(0, -1);
    const runs = new Map<string, Run>();
    for (const { word, item, run, pid, at } of lines.map((line) => JSON.parse(line) as JournalLine)) {
      const key = [item, run, pid].join();
      const begun = runs.get(key);
      runs.set(key, begun !== undefined && word === 'end' ? { ...begun, ended: at } : { item, run, pid, began: at });
    }
    return [...runs.values()];
  }
}

/** How many items have begun, each counted once. */
export function itemsBegun(runs: readonly Run[]): number {
  return new Set(runs.map(({ item }) => item)).size;
}

export function runsByItem(runs: readonly Run[]): Map<number, Run[]> {
  const byItem = new Map<number, Run[]>();
  for (const run of runs) byItem.set(run.item, [...(byItem.get(run.item) ?? []), run]);
  return byItem;
}

/**
 * A heartbeat goes out every half second and reaches the server within another: so long an item's end may be unknown
 * there. The rest is for a machine under load.
 */
const UNREPORTED_MS = 2_500;

/** @returns what ran again though its earlier run was not in hand when its worker died, in words */
export function runAgainForNothing(runs: readonly Run[], deaths: readonly Death[]): string[] {
  return [...runsByItem(runs).values()].flatMap((all) =>
    all.slice(0, -1).flatMap(({ item, run, pid, began, ended = Infinity }) => {
      const death = deaths.find((one) => one.pid === pid);
      if (death !== undefined && began <= death.at && ended > death.at - UNREPORTED_MS) return [];
      const why = death === undefined ? 'lived on' : `died ${String(death.at - ended)} ms after its end`;
      return [`item ${String(item)}, run ${String(run)}: its worker ${String(pid)} ${why}`];
    }),
  );
}
