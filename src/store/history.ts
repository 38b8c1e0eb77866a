/** What is written beside a definition that has versions, in its transaction: each version, and who made it the current one. */
import { randomInt } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DefinitionRow, TableName, Tables, VersionTableName } from './database';
import type { AuditEntry } from './store';

/** Where the definitions of a kind are, and their versions. */
export interface VersionedTables {
  readonly table: TableName;
  readonly versions: VersionTableName;
}

/** Who did it, where a caller does not say. */
export const ANONYMOUS = 'anonymous';

/** The trail is read with each definition, so it does not grow for ever; the versions tell all of it. */
const MAX_TRAIL = 100;

/**
 * Makes a version of what was just written.
 *
 * @param db the transaction that wrote it: the row is its own, so no other writer takes the same number
 * @returns the row as it is then
 */
export async function addVersion(
  db: Kysely<Tables>,
  { table, versions }: VersionedTables,
  row: DefinitionRow,
  user: string,
): Promise<DefinitionRow> {
  const { newest } = await db
    .selectFrom(versions)
    .select(({ fn }) => fn.max('number').as('newest'))
    .where('name', '=', row.name)
    .executeTakeFirstOrThrow();
  const version = newVersionId();
  await db
    .insertInto(versions)
    .values({
      name: row.name,
      // Also behind those that a deleted definition of that name has left.
      number: Number(newest ?? 0) + 1,
      version,
      definition: row.definition,
      created: row.modified,
      created_by: user,
      labels: '{}',
    })
    .execute();
  return await makeCurrent(db, table, row, { user, timestamp: Number(row.modified), version });
}

/** Names the current version of a row, which is the transaction's own, and tells it in the trail. */
export async function makeCurrent(
  db: Kysely<Tables>,
  table: TableName,
  row: DefinitionRow,
  entry: AuditEntry,
): Promise<DefinitionRow> {
  const { version } = entry;
  const audit = JSON.stringify([entry, ...trailOf(row)].slice(0, MAX_TRAIL));
  await db.updateTable(table).set({ version, audit }).where('name', '=', row.name).execute();
  return { ...row, version, audit };
}

export function trailOf({ audit = '[]' }: Pick<DefinitionRow, 'audit'>): AuditEntry[] {
  return JSON.parse(audit) as AuditEntry[];
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 10;

/** As HKube's, so that clients which know its form take it. Two of the same are refused by the database. */
export function newVersionId(): string {
  return Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
