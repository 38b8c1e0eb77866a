/** A worker's announcement, made in the background: it keeps no worker from starting, and outlives a server that is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Announcement } from '../domain/registry';
import { announce } from './registry';

/** A registry that somebody has terminated, or a server that has lost its data, is told again after this. */
const AGAIN_MS = 300_000;
const RETRY_MS = 5_000;

export interface Announcer {
  /** Settled once it was made for the first time, or could not be. */
  readonly first: Promise<void>;
  stop(): void;
}

/** @param onFailure told each time when it could not be made; it is tried again */
export function startAnnouncer(
  client: Client,
  announcement: Announcement,
  onFailure: (error: unknown) => void,
): Announcer {
  const stopped = new AbortController();
  const { signal } = stopped;
  const attempt = async (): Promise<boolean> => {
    try {
      await announce(client, announcement);
      return true;
    } catch (error) {
      if (!signal.aborted) onFailure(error);
      return false;
    }
  };
  const keep = async (first: Promise<boolean>): Promise<void> => {
    for (let made = await first; !signal.aborted; made = await attempt()) {
      await sleep(made ? AGAIN_MS : RETRY_MS, undefined, { signal, ref: false });
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
