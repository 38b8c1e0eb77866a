/**
 * The definitions of one kind, in one table. Each method is one statement, or repeats until one has met no other writer;
 * where there are versions, a change and its version are one transaction.
 */
import { sql } from 'kysely';
import { all, string, type Check } from '../domain/checks';
import { invalid, PipelineError } from '../domain/errors';
import { run, type Database, type DefinitionRow, type TableName, type VersionTableName } from './database';
import { addVersion, ANONYMOUS, trailOf } from './history';
import { SqlReadmes } from './readmes';
import { isStorable } from './storable';
import type { Definitions, ListOptions, Readmes, Stored, VersionedDefinitions, Versions } from './store';
import { SqlVersions } from './versions';

/** A statement takes so many parameters on either database. */
const MAX_PARAMETERS = 10_000;

type Column = Exclude<keyof DefinitionRow, 'readme'>;
const COLUMNS: readonly Column[] = ['name', 'definition', 'revision', 'created', 'modified'];

/** What a caller's name may be, and PostgreSQL's index takes. */
const MAX_NAME = 200;

export class SqlDefinitions<T extends { readonly name: string }> implements Definitions<T> {
  private readonly nameCheck: Check;
  private readonly columns: readonly Column[];

  /**
   * @param kind as messages name it: `pipeline`
   * @param versionTable where there are versions
   */
  constructor(
    private readonly database: Database,
    private readonly table: TableName,
    private readonly kind: string,
    private readonly versionTable?: VersionTableName,
  ) {
    this.columns = versionTable === undefined ? COLUMNS : [...COLUMNS, 'version', 'audit'];
    this.nameCheck = all(string({ min: 1, max: MAX_NAME }), (name) => {
      if (!isStorable(String(name))) throw invalid(`${kind} name must not contain NUL or half of a surrogate pair`);
    });
  }

  async get(name: string): Promise<Stored<T> | undefined> {
    const row = await this.row(name);
    return row === undefined ? undefined : toStored<T>(row);
  }

  async getMany(names: readonly string[]): Promise<Stored<T>[]> {
    const wanted = [...new Set(names)].filter((name) => isStorable(name));
    const rows: DefinitionRow[] = [];
    for (let from = 0; from < wanted.length; from += MAX_PARAMETERS) {
      const some = wanted.slice(from, from + MAX_PARAMETERS);
      rows.push(
        ...(await this.read((db) =>
          db.selectFrom(this.table).select(this.columns).where('name', 'in', some).execute(),
        )),
      );
    }
    return rows.map(toStored<T>);
  }

  async list({ after, limit, order = 'name' }: ListOptions = {}): Promise<Stored<T>[]> {
    const rows = await this.read((db) => {
      let query = db.selectFrom(this.table).select(this.columns);
      const direction = order === 'newest' ? 'desc' : 'asc';
      if (order !== 'name') query = query.orderBy('created', direction);
      query = query.orderBy('name', direction);
      // No stored name has a NUL, so what is behind it changes nothing; PostgreSQL takes none.
      if (after !== undefined) query = query.where('name', '>', after.replace(/\0.*/su, ''));
      if (limit !== undefined) query = query.limit(limit);
      return query.execute();
    });
    return rows.map(toStored<T>);
  }

  async insert(definition: T, user?: string): Promise<Stored<T>> {
    const row = this.newRow(definition);
    const inserted = await this.change(user, (db) =>
      db
        .insertInto(this.table)
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning(this.columns)
        .executeTakeFirst(),
    );
    if (inserted === undefined) throw new PipelineError('Conflict', `${this.kind} ${definition.name} already exists`);
    return toStored<T>(inserted);
  }

  async update(name: string, change: (current: T) => T, user?: string): Promise<Stored<T>> {
    for (;;) {
      const current = await this.row(name);
      if (current === undefined) throw new PipelineError('NotFound', `${this.kind} ${name} Not Found`);
      const changed = change(toStored<T>(current).definition);
      if (changed.name !== name) throw invalid(`${this.kind} name cannot be changed from "${name}"`);
      const definition = JSON.stringify(changed);
      if (definition === current.definition) return toStored<T>(current);
      const updated = await this.change(user, (db) =>
        db
          .updateTable(this.table)
          .set({ definition, revision: sql`revision + 1`, modified: Date.now() })
          .where('name', '=', name)
          // Not by the revision: of a definition that was deleted and stored again it may be the same.
          .where('definition', '=', current.definition)
          .returning(this.columns)
          .executeTakeFirst(),
      );
      if (updated !== undefined) return toStored<T>(updated);
    }
  }

  async put(definition: T, user?: string): Promise<Stored<T>> {
    for (;;) {
      const row = this.newRow(definition);
      const written = await this.change(user, (db) =>
        db
          .insertInto(this.table)
          .values(row)
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({
                definition: row.definition,
                revision: sql`${sql.ref(this.table)}.revision + 1`,
                modified: row.modified,
              })
              .where(`${this.table}.definition`, '<>', row.definition),
          )
          .returning(this.columns)
          .executeTakeFirst(),
      );
      if (written !== undefined) return toStored<T>(written);
      // It is there as it is; or it was, and has been changed since.
      const current = await this.row(definition.name);
      if (current?.definition === row.definition) return toStored<T>(current);
    }
  }

  async delete(name: string, { keepVersions = true }: { readonly keepVersions?: boolean } = {}): Promise<boolean> {
    if (!isStorable(name)) return false;
    const { versionTable } = this;
    return await this.write(async (db) => {
      const { numDeletedRows } = await db.deleteFrom(this.table).where('name', '=', name).executeTakeFirstOrThrow();
      if (numDeletedRows > 0n && versionTable !== undefined && !keepVersions) {
        await db.deleteFrom(versionTable).where('name', '=', name).execute();
      }
      return numDeletedRows > 0n;
    }, !keepVersions);
  }

  private async row(name: string): Promise<DefinitionRow | undefined> {
    if (!isStorable(name)) return undefined;
    return await this.read((db) =>
      db.selectFrom(this.table).select(this.columns).where('name', '=', name).executeTakeFirst(),
    );
  }

  private newRow(definition: T): Pick<DefinitionRow, 'name' | 'definition' | 'revision' | 'created' | 'modified'> {
    this.nameCheck(definition.name, 'data.name');
    const now = Date.now();
    return { name: definition.name, definition: JSON.stringify(definition), revision: 1, created: now, modified: now };
  }

  private read<R>(statement: (db: Database['db']) => Promise<R>): Promise<R> {
    return run(this.database.judge, () => statement(this.database.db));
  }

  /**
   * Writes a row, and its version.
   *
   * @returns the row, where `statement` has written it
   */
  private change(
    user: string | undefined,
    statement: (db: Database['db']) => Promise<DefinitionRow | undefined>,
  ): Promise<DefinitionRow | undefined> {
    const { table, versionTable: versions } = this;
    if (versions === undefined) return this.write(statement, false);
    return this.write(async (db) => {
      const row = await statement(db);
      return row && (await addVersion(db, { table, versions }, row, user ?? ANONYMOUS));
    }, true);
  }

  private write<R>(statements: (db: Database['db']) => Promise<R>, areSeveral: boolean): Promise<R> {
    const { judge } = this.database;
    return run(judge, () => (areSeveral ? this.database.transaction(statements) : this.database.write(statements)));
  }
}

/** Definitions whose changes are versions, and that have a readme. */
export class SqlVersionedDefinitions<T extends { readonly name: string }>
  extends SqlDefinitions<T>
  implements VersionedDefinitions<T>
{
  readonly versions: Versions<T>;
  readonly readmes: Readmes;

  constructor(database: Database, table: TableName, versions: VersionTableName, kind: string) {
    super(database, table, kind, versions);
    this.versions = new SqlVersions<T>(database, { table, versions }, kind);
    this.readmes = new SqlReadmes(database, table, kind);
  }
}

function toStored<T>(row: DefinitionRow): Stored<T> {
  const { definition, revision, version = String(revision), created, modified } = row;
  return {
    definition: JSON.parse(definition) as T,
    revision,
    version,
    created: Number(created),
    modified: Number(modified),
    auditTrail: trailOf(row),
  };
}
