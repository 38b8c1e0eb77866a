/** The definitions of one kind, in one table. Each method is one statement, or repeats until one has met no other writer. */
import { sql } from 'kysely';
import { all, named, string, type Check } from '../domain/checks';
import { invalid, PipelineError } from '../domain/errors';
import { run, type Database, type DefinitionRow, type TableName } from './database';
import type { Definitions, ListOptions, Stored } from './store';

/** A statement takes so many parameters on either database. */
const MAX_PARAMETERS = 10_000;

export class SqlDefinitions<T extends { readonly name: string }> implements Definitions<T> {
  private readonly nameCheck: Check;

  /** @param kind as messages name it: `pipeline` */
  constructor(
    private readonly database: Database,
    private readonly table: TableName,
    private readonly kind: string,
  ) {
    this.nameCheck = all(
      string({ min: 1, max: 200 }),
      named(STORABLE, `${kind} name must not contain NUL or half of a surrogate pair`),
    );
  }

  async get(name: string): Promise<Stored<T> | undefined> {
    const row = await this.row(name);
    return row === undefined ? undefined : toStored<T>(row);
  }

  async getMany(names: readonly string[]): Promise<Stored<T>[]> {
    const wanted = [...new Set(names)].filter((name) => STORABLE.test(name));
    const rows: DefinitionRow[] = [];
    for (let from = 0; from < wanted.length; from += MAX_PARAMETERS) {
      const some = wanted.slice(from, from + MAX_PARAMETERS);
      rows.push(
        ...(await this.read((db) => db.selectFrom(this.table).selectAll().where('name', 'in', some).execute())),
      );
    }
    return rows.map(toStored<T>);
  }

  async list({ after, limit }: ListOptions = {}): Promise<Stored<T>[]> {
    const rows = await this.read((db) => {
      let query = db.selectFrom(this.table).selectAll().orderBy('name');
      // No stored name has a NUL, so what is behind it changes nothing; PostgreSQL takes none.
      if (after !== undefined) query = query.where('name', '>', after.replace(/\0.*/su, ''));
      if (limit !== undefined) query = query.limit(limit);
      return query.execute();
    });
    return rows.map(toStored<T>);
  }

  async insert(definition: T): Promise<Stored<T>> {
    const row = this.newRow(definition);
    const inserted = await this.write((db) =>
      db
        .insertInto(this.table)
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returningAll()
        .executeTakeFirst(),
    );
    if (inserted === undefined) throw new PipelineError('Conflict', `${this.kind} ${definition.name} already exists`);
    return toStored<T>(inserted);
  }

  async update(name: string, change: (current: T) => T): Promise<Stored<T>> {
    for (;;) {
      const current = await this.row(name);
      if (current === undefined) throw new PipelineError('NotFound', `${this.kind} ${name} Not Found`);
      const changed = change(toStored<T>(current).definition);
      if (changed.name !== name) throw invalid(`${this.kind} name cannot be changed from "${name}"`);
      const definition = JSON.stringify(changed);
      if (definition === current.definition) return toStored<T>(current);
      const updated = await this.write((db) =>
        db
          .updateTable(this.table)
          .set({ definition, revision: sql`revision + 1`, modified: Date.now() })
          .where('name', '=', name)
          // Not by the revision: of a definition that was deleted and stored again it may be the same.
          .where('definition', '=', current.definition)
          .returningAll()
          .executeTakeFirst(),
      );
      if (updated !== undefined) return toStored<T>(updated);
    }
  }

  async put(definition: T): Promise<Stored<T>> {
    for (;;) {
      const row = this.newRow(definition);
      const written = await this.write((db) =>
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
          .returningAll()
          .executeTakeFirst(),
      );
      if (written !== undefined) return toStored<T>(written);
      // It is there as it is; or it was, and has been changed since.
      const current = await this.row(definition.name);
      if (current?.definition === row.definition) return toStored<T>(current);
    }
  }

  async delete(name: string): Promise<boolean> {
    if (!STORABLE.test(name)) return false;
    const { numDeletedRows } = await this.write((db) =>
      db.deleteFrom(this.table).where('name', '=', name).executeTakeFirstOrThrow(),
    );
    return numDeletedRows > 0n;
  }

  private async row(name: string): Promise<DefinitionRow | undefined> {
    if (!STORABLE.test(name)) return undefined;
    return await this.read((db) => db.selectFrom(this.table).selectAll().where('name', '=', name).executeTakeFirst());
  }

  private newRow(definition: T): DefinitionRow {
    this.nameCheck(definition.name, 'data.name');
    const now = Date.now();
    return { name: definition.name, definition: JSON.stringify(definition), revision: 1, created: now, modified: now };
  }

  private read<R>(statement: (db: Database['db']) => Promise<R>): Promise<R> {
    return run(this.database.judge, () => statement(this.database.db));
  }

  private write<R>(statement: (db: Database['db']) => Promise<R>): Promise<R> {
    return run(this.database.judge, () => this.database.write(statement));
  }
}

/** What both databases keep as it is: SQLite cuts a text at a NUL, PostgreSQL refuses it, neither has half a character. */
const STORABLE = /^[^\0\p{Surrogate}]*$/u;

function toStored<T>({ definition, revision, created, modified }: DefinitionRow): Stored<T> {
  return {
    definition: JSON.parse(definition) as T,
    revision,
    created: Number(created),
    modified: Number(modified),
  };
}
