/** What a worker sees to in the background: it keeps no worker from starting, and outlives a server that is away. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What somebody has undone, or a server that has lost its data, is done again after this. */
const AGAIN_MS = 300_000;
const RETRY_MS = 5_000;

export interface Keeping {
  /** Settled once it was done for the first time, or could not be. */
  readonly first: Promise<void>;
  stop(): void;
}

/**
 * Does something now, and again every five minutes.
 *
 * @param work does nothing where it is done already
 * @param onFailure told each time when it could not be done; it is tried again
 * @param retryMs after how long
 */
export function keepDone(work: () => Promise<void>, onFailure: (error: unknown) => void, retryMs = RETRY_MS): Keeping {
  const stopped = new AbortController();
  const { signal } = stopped;
  const attempt = async (): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!signal.aborted) onFailure(error);
      return false;
    }
  };
  const keep = async (first: Promise<boolean>): Promise<void> => {
    for (let made = await first; !signal.aborted; made = await attempt()) {
      await sleep(made ? AGAIN_MS : retryMs, undefined, { signal, ref: false });
    }
  };
  const first = attempt();
  // It ends by being stopped, which ends its sleep.
  keep(first).catch(() => undefined);
  return {
    first: first.then(() => undefined),
    stop() {
      stopped.abort();
    },
  };
}
