/** The schema, and how a database gets to it: each step once, however many processes start together. */
import { Migrator, sql, type Kysely, type Migration, type RawBuilder } from 'kysely';
import type { Database, TableName, Tables } from './database';
import { addFirstVersions, addVersionTable } from './version-schema';
import { createTriggersIndex } from './triggers';

/** What differs between the databases. */
export interface SchemaDialect {
  /** Begins a transaction in which no other process can migrate. */
  begin(connection: Kysely<Tables>): Promise<void>;
  /** A text that is compared and sorted by its bytes, which in UTF-8 is by code points. */
  readonly text: RawBuilder<unknown>;
}

/** A database whose schema may not be there yet. */
export interface SchemaDatabase extends Database {
  readonly schema: SchemaDialect;
}

/** By name, in the order of the alphabet. One that was released is never changed: a new one follows it. */
const migrations = ({ text }: SchemaDialect): Record<string, Migration> => ({
  '0001-definitions': {
    async up(db: Kysely<unknown>) {
      await createTable(db, 'stored_pipelines', text);
      await createTable(db, 'stored_algorithms', text);
    },
  },
  '0002-endpoints': {
    async up(db: Kysely<unknown>) {
      await createTable(db, 'stored_endpoints', text);
    },
  },
  '0003-versions': {
    async up(db: Kysely<Tables>) {
      for (const [table, versions] of [
        ['stored_pipelines', 'pipeline_versions'],
        ['stored_algorithms', 'algorithm_versions'],
      ] as const) {
        await addVersionTable(db, { table, versions }, text);
        await addFirstVersions(db, { table, versions });
      }
    },
  },
  '0004-experiments': {
    async up(db: Kysely<Tables>) {
      await createTable(db, 'stored_experiments', text);
      const definition = JSON.stringify({ name: 'main', description: 'what belongs to no other experiment' });
      const now = Date.now();
      await db
        .insertInto('stored_experiments')
        .values({ name: 'main', definition, revision: 1, created: now, modified: now })
        .execute();
    },
  },
  '0010-triggers': {
    async up(db: Kysely<unknown>) {
      await createTriggersIndex(db);
    },
  },
});

async function createTable(
  db: Kysely<unknown> | Kysely<Tables>,
  table: TableName,
  text: SchemaDialect['text'],
): Promise<void> {
  await db.schema
    .createTable(table)
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('modified', 'bigint', (column) => column.notNull())
    .execute();
}

/**
 * All steps that are missing happen in one transaction, behind a lock, or none does.
 *
 * @returns the names of the steps that were taken
 * @throws where the database knows a step that is unknown here
 */
export async function migrate({ db, schema }: SchemaDatabase): Promise<string[]> {
  return await db.connection().execute(async (connection) => {
    await schema.begin(connection);
    try {
      const { results = [], error } = await new Migrator({
        db: connection,
        provider: { getMigrations: () => Promise.resolve(migrations(schema)) },
        // The database may be shared with others who use Kysely.
        migrationTableName: 'pipelines_migration',
        migrationLockTableName: 'pipelines_migration_lock',
        // Ours is around it already.
        disableTransactions: true,
      }).migrateToLatest();
      if (error !== undefined) throw explained(error);
      await sql`commit`.execute(connection);
      return results.map(({ migrationName }) => migrationName);
    } catch (error) {
      // What went wrong is what counts; a connection that was lost rolls back by itself.
      await sql`rollback`.execute(connection).catch(() => undefined);
      throw error;
    }
  });
}

function explained(error: unknown): unknown {
  return error instanceof Error && error.message.startsWith('corrupted migrations')
    ? new Error('the database was made by a newer version of temporal-pipelines', { cause: error })
    : error;
}
