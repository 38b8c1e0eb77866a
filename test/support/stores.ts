/** The same tests on each database. */
import { after, before, describe } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type StoreOptions } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { POSTGRES_START_TIMEOUT, sharedPostgres } from './postgres';

/** What the tests of one database share. */
export interface TestStores {
  readonly database: 'SQLite' | 'PostgreSQL';
  /** Where a database is that is empty and nobody else's. */
  readonly empty: () => Promise<StoreOptions>;
  /**
   * A store that is closed after the last test of the suite.
   *
   * @param options of an earlier one, for a second store on the same database. Default: an empty one
   */
  readonly open: (options?: StoreOptions) => Promise<Store>;
}

/** A `describe` for each database. */
export function describeStores(title: string, tests: (stores: TestStores) => void): void {
  describe(`${title}, on SQLite`, () => {
    const folders: string[] = [];
    const close = define('SQLite', tests, async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'pipelines-store-'));
      folders.push(dataDir);
      return { dataDir };
    });
    after('remove the files', async () => {
      await close();
      await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
    });
  });

  describe(`${title}, on PostgreSQL`, () => {
    before('start PostgreSQL', async function () {
      this.timeout(POSTGRES_START_TIMEOUT);
      await sharedPostgres();
    });
    const close = define('PostgreSQL', tests, async () => {
      const postgres = await sharedPostgres();
      return { dataDir: '/nowhere', databaseUrl: await postgres.emptyDatabase() };
    });
    after('close the stores', () => close());
  });
}

function define(
  database: TestStores['database'],
  tests: (stores: TestStores) => void,
  empty: () => Promise<StoreOptions>,
): () => Promise<void> {
  const open: Store[] = [];
  tests({
    database,
    empty,
    open: async (options) => {
      const store = await openStore(options ?? (await empty()));
      open.push(store);
      return store;
    },
  });
  return async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  };
}
