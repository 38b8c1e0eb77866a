/** The versions of the definitions of one kind: what each was, and which one it is now. */
import type { Kysely } from 'kysely';
import { PipelineError } from '../domain/errors';
import { run, type Database, type DefinitionRow, type Tables, type VersionRow } from './database';
import { ANONYMOUS, makeCurrent, type VersionedTables } from './history';
import { isStorable } from './storable';
import type { Version, VersionLabels, Versions } from './store';

export class SqlVersions<T> implements Versions<T> {
  constructor(
    private readonly database: Database,
    private readonly tables: VersionedTables,
    /** As messages name it: `pipeline`. */
    private readonly kind: string,
  ) {}

  async list(name: string, limit: number): Promise<Version<T>[]> {
    if (!isStorable(name)) return [];
    const rows = await run(this.database.judge, () =>
      this.database.db
        .selectFrom(this.tables.versions)
        .selectAll()
        .where('name', '=', name)
        .orderBy('number', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.map(toVersion<T>);
  }

  async get(name: string, version: string): Promise<Version<T>> {
    return await run(this.database.judge, async () => toVersion<T>(await this.find(this.database.db, name, version)));
  }

  async apply(name: string, version: string, user: string = ANONYMOUS): Promise<Version<T>> {
    return await this.transaction(async (db) => {
      const current = await this.lock(db, name);
      const wanted = await this.find(db, name, version);
      if (current.version === version) return toVersion<T>(wanted);
      const now = Date.now();
      const row = await db
        .updateTable(this.tables.table)
        .set({ definition: wanted.definition, revision: current.revision + 1, modified: now })
        .where('name', '=', name)
        .returning(['name', 'definition', 'revision', 'created', 'modified', 'audit'])
        .executeTakeFirstOrThrow();
      await makeCurrent(db, this.tables.table, row, { user, timestamp: now, version });
      return toVersion<T>(wanted);
    });
  }

  async label(name: string, version: string, labels: VersionLabels): Promise<Version<T>> {
    return await this.transaction(async (db) => {
      // Of the definition, so that two labels that are put at once do not lose one.
      await this.lock(db, name);
      const row = await this.find(db, name, version);
      const all = JSON.stringify({ ...(JSON.parse(row.labels) as VersionLabels), ...labels });
      await db.updateTable(this.tables.versions).set({ labels: all }).where('version', '=', version).execute();
      return toVersion<T>({ ...row, labels: all });
    });
  }

  async delete(name: string, version: string): Promise<void> {
    await this.transaction(async (db) => {
      const current = await this.lock(db, name);
      if (current.version === version) {
        throw new PipelineError('WrongState', 'unable to remove the currently used version');
      }
      await this.find(db, name, version);
      await db.deleteFrom(this.tables.versions).where('version', '=', version).execute();
    });
  }

  /** A write that changes nothing: from then on the row is the transaction's, on either database. */
  private async lock(db: Kysely<Tables>, name: string): Promise<Pick<DefinitionRow, 'revision' | 'version'>> {
    const row = isStorable(name)
      ? await db
          .updateTable(this.tables.table)
          .set(({ ref }) => ({ version: ref('version') }))
          .where('name', '=', name)
          .returning(['revision', 'version'])
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw notFound(this.kind, name);
    return row;
  }

  private async find(db: Kysely<Tables>, name: string, version: string): Promise<VersionRow> {
    const found = isStorable(name, version)
      ? await db
          .selectFrom(this.tables.versions)
          .selectAll()
          .where('version', '=', version)
          .where('name', '=', name)
          .executeTakeFirst()
      : undefined;
    if (found !== undefined) return found;
    const definition = isStorable(name)
      ? await db.selectFrom(this.tables.table).select('name').where('name', '=', name).executeTakeFirst()
      : undefined;
    throw definition === undefined ? notFound(this.kind, name) : notFound('version', version);
  }

  private transaction<R>(statements: (db: Kysely<Tables>) => Promise<R>): Promise<R> {
    return run(this.database.judge, () => this.database.transaction(statements));
  }
}

function notFound(kind: string, name: string): PipelineError {
  return new PipelineError('NotFound', `${kind} ${name} Not Found`);
}

function toVersion<T>({ name, number, version, definition, created, created_by, labels }: VersionRow): Version<T> {
  return {
    name,
    number,
    version,
    definition: JSON.parse(definition) as T,
    created: Number(created),
    createdBy: created_by,
    labels: JSON.parse(labels) as VersionLabels,
  };
}
