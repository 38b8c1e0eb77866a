/** Something that is asked for again and again and may be a little old, such as what workers have announced. */
import { LRUCache } from 'lru-cache';

export interface KeptOptions {
  /** How long it is not read anew, in milliseconds. */
  readonly forMs: number;
  /**
   * For how much longer what was read last is told while it is read anew, in milliseconds: a server under load takes its
   * time to answer, and whoever asks meanwhile would wait for that. @default 0
   */
  readonly staleForMs?: number;
  /** In milliseconds. @default performance.now, which no clock that is set changes */
  readonly now?: () => number;
}

/**
 * @param read one that fails is not kept, and told to those who wait for it
 * @returns what was read last; nothing that was asked for longer ago than both times together
 */
export function createKept<T extends object | string>(read: () => Promise<T>, options: KeptOptions): () => Promise<T> {
  const { forMs, staleForMs = 0, now = () => performance.now() } = options;
  let toldOf = -Infinity;
  const cache = new LRUCache<'it', T>({
    max: 1,
    ttl: forMs,
    ttlResolution: 0,
    perf: { now },
    noDeleteOnFetchRejection: true,
    async fetchMethod(_key, _stale, { options: keep }) {
      const askedAt = now();
      const value = await read();
      toldOf = askedAt;
      // It is as old as the question that it answers; a time of 0 would be for ever.
      keep.ttl = Math.max(1, forMs - (now() - askedAt));
      return value;
    },
  });
  return () => cache.forceFetch('it', { allowStale: now() - toldOf < forMs + staleForMs });
}
