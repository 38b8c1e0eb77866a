/** A database as the first two steps of the schema have left it, which are what an upgrade finds. */
import Libsql from 'libsql';
import { Client } from 'pg';
import { sqliteFile } from '../../src/store/sqlite-file';
import type { StoreOptions } from '../../src/store/open-store';

export interface OldRow {
  readonly table: 'stored_pipelines' | 'stored_algorithms' | 'stored_endpoints';
  readonly name: string;
  readonly definition: string;
  readonly revision: number;
  readonly created: number;
  readonly modified: number;
}

/** @param options of an empty database */
export async function fillOldStore({ dataDir, databaseUrl }: StoreOptions, rows: readonly OldRow[]): Promise<void> {
  const text = databaseUrl === undefined ? 'text collate binary' : 'text collate "C"';
  const tables = ['stored_pipelines', 'stored_algorithms', 'stored_endpoints'].map(
    (table) =>
      `create table ${table} (name ${text} not null primary key, definition ${text} not null, ` +
      'revision integer not null, created bigint not null, modified bigint not null)',
  );
  const steps = ['0001-definitions', '0002-endpoints'].map(
    (step) => `insert into pipelines_migration values (${quote(step)}, '2026-01-01T00:00:00.000Z')`,
  );
  const inserts = rows.map(
    ({ table, name, definition, revision, created, modified }) =>
      `insert into ${table} values (${quote(name)}, ${quote(definition)}, ${String(revision)}, ${String(created)}, ${String(modified)})`,
  );
  const statements = [
    'begin',
    ...tables,
    'create table pipelines_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)',
    'create table pipelines_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null)',
    "insert into pipelines_migration_lock values ('migration_lock', 0)",
    ...steps,
    ...inserts,
    'commit',
  ].join(';\n');
  if (databaseUrl === undefined) {
    const connection = new Libsql(sqliteFile(dataDir));
    connection.exec(statements);
    connection.close();
    return;
  }
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(statements);
  await client.end();
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
