/** The database of the facade, as a worker reads it. */
import { existsSync } from 'node:fs';
import type { Config } from '../config';
import type { StoreLog } from '../store/log';
import type { StoreOptions } from '../store/open-store';
import { sqliteFile } from '../store/sqlite-file';
import type { Store } from '../store/store';

export interface LazyStore {
  /**
   * @returns undefined where there is none: without `DATABASE_URL` a worker on another machine than the facade's has no file
   * of it, and makes none
   */
  open(): Promise<Store | undefined>;
  close(): Promise<void>;
}

/** A worker that has none does without the code for it, which is a fifth of what it loads. */
async function load(options: StoreOptions): Promise<Store> {
  const { openStore } = await import('../store/open-store.js');
  return await openStore(options);
}

/** Opens the database when somebody asks for the first time, and again where that has failed: one for a process. */
export function lazyStore({ dataDir, databaseUrl }: Config, log: StoreLog): LazyStore {
  let opening: Promise<Store> | undefined;
  return {
    async open() {
      if (databaseUrl === undefined && opening === undefined && !existsSync(sqliteFile(dataDir))) return undefined;
      opening ??= load({ dataDir, ...(databaseUrl !== undefined && { databaseUrl }), log });
      try {
        return await opening;
      } catch (error) {
        opening = undefined;
        throw error;
      }
    },
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
