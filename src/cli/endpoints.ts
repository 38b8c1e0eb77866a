/** Where a worker finds what is set for single receivers: in the database of the facade. */
import type { KeyObject } from 'node:crypto';
import { openEndpoint } from '../store/endpoints';
import { messageOf, type StoreLog } from '../store/log';
import { createSealer } from '../store/seal';
import { cachedEndpoints, type EndpointSource } from '../webhooks/endpoints';
import type { LazyStore } from './lazy-store';

/** Reads them when a webhook is sent. */
export function storedEndpoints(
  store: Pick<LazyStore, 'open'>,
  secretKeys: readonly KeyObject[],
  log: StoreLog,
): EndpointSource {
  const sealer = createSealer(secretKeys);
  const source = cachedEndpoints({
    load: async () => ((await (await store.open())?.endpoints.list()) ?? []).map(({ definition }) => definition),
    open: (stored) => openEndpoint(stored, sealer),
  });
  let lastReason: string | undefined;
  return {
    async find(url) {
      try {
        const found = await source.find(url);
        lastReason = undefined;
        return found;
      } catch (error) {
        const reason = messageOf(error);
        // Not again for each webhook that waits meanwhile.
        if (reason !== lastReason)
          log.warn({ reason }, 'the settings of an endpoint cannot be read: its webhooks wait');
        lastReason = reason;
        throw error;
      }
    },
  };
}
