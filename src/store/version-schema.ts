/** The step of the schema that brings versions: where they are, and a first one of each definition that is there already. */
import type { Kysely, RawBuilder } from 'kysely';
import type { Tables } from './database';
import { ANONYMOUS, makeCurrent, newVersionId, type VersionedTables } from './history';

export async function addVersionTable(
  db: Kysely<Tables>,
  { table, versions }: VersionedTables,
  text: RawBuilder<unknown>,
): Promise<void> {
  // One statement for each: SQLite adds no two columns at once.
  await db.schema
    .alterTable(table)
    .addColumn('version', text, (column) => column.notNull().defaultTo(''))
    .execute();
  await db.schema
    .alterTable(table)
    .addColumn('audit', text, (column) => column.notNull().defaultTo('[]'))
    .execute();
  await db.schema.alterTable(table).addColumn('readme', text).execute();
  await db.schema.createIndex(`${table}_created`).on(table).columns(['created', 'name']).execute();
  await db.schema
    .createTable(versions)
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull().unique())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', text, (column) => column.notNull())
    .addColumn('labels', text, (column) => column.notNull())
    .addPrimaryKeyConstraint(`${versions}_key`, ['name', 'number'])
    .execute();
}

const AT_ONCE = 200;

/** Nobody wrote down who stored them, nor what they were before. */
export async function addFirstVersions(db: Kysely<Tables>, { table, versions }: VersionedTables): Promise<void> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom(table)
      .select(['name', 'definition', 'revision', 'created', 'modified'])
      .where('name', '>', after)
      .orderBy('name')
      .limit(AT_ONCE)
      .execute();
    for (const row of rows) {
      const version = newVersionId();
      const { name, definition, modified } = row;
      await db
        .insertInto(versions)
        .values({ name, number: 1, version, definition, created: modified, created_by: ANONYMOUS, labels: '{}' })
        .execute();
      await makeCurrent(db, table, row, { user: ANONYMOUS, timestamp: Number(modified), version });
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.name;
  }
}
