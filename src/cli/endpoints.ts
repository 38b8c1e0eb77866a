/** Where a worker finds what is set for single receivers: in the database of the facade. */
import { existsSync } from 'node:fs';
import type { Config } from '../config';
import { openEndpoint } from '../store/endpoints';
import { messageOf, type StoreLog } from '../store/log';
import { openStore } from '../store/open-store';
import { createSealer } from '../store/seal';
import { sqliteFile } from '../store/sqlite';
import type { Store } from '../store/store';
import { cachedEndpoints, type EndpointSource } from '../webhooks/endpoints';

export interface StoredEndpoints extends EndpointSource {
  close(): Promise<void>;
}

/**
 * Opens the database when the first webhook is sent, and again where that has failed. Without `DATABASE_URL` a worker on
 * another machine than the facade's has no file of it, and makes none.
 */
export function storedEndpoints(config: Config, log: StoreLog): StoredEndpoints {
  const { dataDir, databaseUrl, secretKeys } = config;
  const sealer = createSealer(secretKeys);
  let opening: Promise<Store> | undefined;

  async function openOnce(): Promise<Store> {
    opening ??= openStore({ dataDir, ...(databaseUrl !== undefined && { databaseUrl }), log });
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  const source = cachedEndpoints({
    async load() {
      if (databaseUrl === undefined && opening === undefined && !existsSync(sqliteFile(dataDir))) return [];
      return (await (await openOnce()).endpoints.list()).map(({ definition }) => definition);
    },
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
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
