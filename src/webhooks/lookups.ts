/**
 * Look-ups by the system's resolver. It has few threads in a process, and holds one until a name server has answered or was
 * given up, which takes many seconds: names whose servers are silent would leave none for the others. So a name is asked
 * for once at a time, whoever waits for it; names that were slow share a half of the threads, and one is kept for those
 * that were quick.
 */
import { lookup } from 'node:dns/promises';

export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Answers all addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

interface LookupsOptions {
  /** Look-ups at a time. */
  readonly places: number;
  /** A name that takes longer is slow until it is quick again, in milliseconds. @default 1000 */
  readonly slowMs?: number;
}

/** As many names as are remembered. */
const MOST_NAMES = 1_000;

export class Lookups {
  private readonly asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  private readonly waiting: { readonly name: string; readonly start: () => void }[] = [];
  private readonly running = new Set<string>();
  /** By their latest look-up, the latest last. */
  private readonly paces = new Map<string, 'quick' | 'slow'>();
  private readonly places: number;
  private readonly slowMs: number;

  constructor(
    private readonly ask: Lookup,
    { places, slowMs = 1_000 }: LookupsOptions,
  ) {
    this.places = places;
    this.slowMs = slowMs;
  }

  find(hostname: string): Promise<readonly ResolvedAddress[]> {
    const name = hostname.toLowerCase();
    return this.asked.get(name) ?? this.queue(name);
  }

  /** Nobody may wait for it any more when its turn comes: it is asked for all the same, as that tells whether it is well again. */
  private queue(name: string): Promise<readonly ResolvedAddress[]> {
    const found = new Promise<readonly ResolvedAddress[]>((resolve, reject) => {
      const start = (): void => {
        this.look(name).then(resolve, reject);
      };
      this.waiting.push({ name, start });
    });
    // First of all, as a resolver may throw at once, after which it is asked for no more.
    this.asked.set(name, found);
    this.startNext();
    return found;
  }

  private async look(name: string): Promise<readonly ResolvedAddress[]> {
    this.running.add(name);
    let pace: 'quick' | 'slow' = 'quick';
    const timer = setTimeout(() => {
      pace = 'slow';
      this.note(name, pace);
    }, this.slowMs);
    try {
      return await this.ask(name);
    } finally {
      clearTimeout(timer);
      this.note(name, pace);
      this.running.delete(name);
      this.asked.delete(name);
      this.startNext();
    }
  }

  private note(name: string, pace: 'quick' | 'slow'): void {
    this.paces.delete(name);
    this.paces.set(name, pace);
    const [oldest = name] = this.paces.keys();
    if (this.paces.size > MOST_NAMES) this.paces.delete(oldest);
  }

  private startNext(): void {
    while (this.running.size < this.places) {
      const next = this.waiting.findIndex(({ name }) => this.mayStart(this.paces.get(name)));
      const [entry] = next < 0 ? [] : this.waiting.splice(next, 1);
      if (entry === undefined) return;
      entry.start();
    }
  }

  private mayStart(pace: 'quick' | 'slow' | undefined): boolean {
    if (pace === 'quick') return true;
    const paces = [...this.running].map((name) => this.paces.get(name));
    const quick = paces.filter((one) => one === 'quick').length;
    if (paces.length - quick >= Math.max(1, this.places - 1)) return false;
    const slow = paces.filter((one) => one === 'slow').length;
    return pace === undefined || slow < Math.max(1, Math.floor(this.places / 2));
  }
}

/** Node's own number of threads, of which it lets look-ups have the half. */
const THREADS = 4;

let system: Lookups | undefined;

/** All of a process share its threads. */
export const systemLookup: Lookup = (hostname) => {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? THREADS) || THREADS;
  system ??= new Lookups((name) => lookup(name, { all: true }), { places: Math.ceil(threads / 2) });
  return system.find(hostname);
};
