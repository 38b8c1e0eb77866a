/** Sees to it that schedules are as stored pipelines want them: at once, and again where that could not be done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CronSchedules } from './cron-schedules';
import { keepDone } from './keeping';

/** As long as somebody waits for the answer that a pipeline was stored. */
const WITHIN_MS = 5_000;
const RETRY_MS = 5_000;
/** A namespace that allows no schedules will not allow them in five seconds either. */
const RETRY_ALL_MS = 30_000;

export interface KeptSchedules {
  /** To be told that a pipeline was stored, changed or deleted. Never throws: what is stored counts, and is seen to later. */
  changed(name: string): Promise<void>;
  stop(): void;
}

/** @param onFailure told each time when a schedule could not be made what it should be; it is tried again */
export function keepSchedules(
  schedules: Pick<CronSchedules, 'sync' | 'syncAll'>,
  onFailure: (error: unknown) => void,
): KeptSchedules {
  // What a facade has left undone as it ended, and what somebody has changed by hand.
  const all = keepDone(() => schedules.syncAll(), onFailure, RETRY_ALL_MS);
  const stopped = new AbortController();
  const { signal } = stopped;
  const retrying = new Set<string>();

  const sync = async (name: string): Promise<boolean> => {
    try {
      await schedules.sync(name);
      return true;
    } catch (error) {
      if (!signal.aborted) onFailure(error);
      return false;
    }
  };
  const retry = async (name: string): Promise<void> => {
    if (retrying.has(name)) return;
    retrying.add(name);
    do await sleep(RETRY_MS, undefined, { signal, ref: false });
    while (!(await sync(name)));
    retrying.delete(name);
  };
  return {
    async changed(name) {
      const syncing = sync(name);
      const late = sleep(WITHIN_MS, false, { ref: false });
      void syncing.then((done) => {
        // It ends by being stopped, which ends its sleep.
        if (!done) retry(name).catch(() => undefined);
      });
      await Promise.race([syncing, late]);
    },
    stop() {
      all.stop();
      stopped.abort();
    },
  };
}
