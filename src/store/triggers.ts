/** The stored pipelines that run by themselves. Those that do not are not even looked at, however many they are. */
import { sql, type Kysely } from 'kysely';
import type { Pipeline } from '../domain/pipeline';
import type { Triggered } from '../domain/triggers';
import { run, type Database, type Tables } from './database';
import type { StoredTriggers } from './store';

/** An index has only the rows that match it, and is used by queries that have the very same words. */
const HAS_TRIGGERS = sql<boolean>`definition like '%"triggers":{%'`;

/** For the migration. */
export async function createTriggersIndex(db: Kysely<unknown>): Promise<void> {
  await sql`create index stored_pipelines_triggers on stored_pipelines (name) where ${HAS_TRIGGERS}`.execute(db);
}

export class SqlTriggers implements StoredTriggers {
  constructor(private readonly database: Database) {}

  async triggeredBy(name: string): Promise<string[]> {
    // More may match, as `_` stands for any character and a flow input may have the same words.
    const rows = await this.read((db) => selectTriggered(db).where('definition', 'like', `%"${name}"%`).execute());
    return rows
      .flatMap(toTriggered)
      .flatMap((one) => (one.triggers.pipelines?.includes(name) === true ? [one.name] : []));
  }

  async list(): Promise<Triggered[]> {
    return (await this.read((db) => selectTriggered(db).execute())).flatMap(toTriggered);
  }

  private read<R>(statement: (db: Kysely<Tables>) => Promise<R>): Promise<R> {
    return run(this.database.judge, () => statement(this.database.db));
  }
}

function selectTriggered(db: Kysely<Tables>) {
  return db.selectFrom('stored_pipelines').select(['name', 'definition']).where(HAS_TRIGGERS).orderBy('name');
}

function toTriggered({ name, definition }: { name: string; definition: string }): Triggered[] {
  const { triggers } = JSON.parse(definition) as Pipeline;
  return triggers === undefined ? [] : [{ name, triggers }];
}
