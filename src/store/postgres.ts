/** PostgreSQL, for facades on several machines. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { DatabaseError, Pool } from 'pg';
import type { Tables, Verdict } from './database';
import { messageOf, type StoreLog } from './log';
import type { SchemaDatabase, SchemaDialect } from './migrations';
import { parseDatabaseUrl } from './postgres-url';

/** Milliseconds. A statement takes a few; past this the server or the way to it is gone. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 10_000;

/** For `pg_advisory_xact_lock`: an arbitrary number that is ours. */
const MIGRATION_LOCK = 0x7069_7065;

/** @throws Error where the URL breaks a rule, then without any of its text, or the database cannot be used */
export async function openPostgres(url: string, log: StoreLog | undefined): Promise<SchemaDatabase> {
  const pool = new Pool({
    connectionString: parseDatabaseUrl(url),
    application_name: 'temporal-pipelines',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    // Not the server's statement_timeout: poolers such as PgBouncer refuse that.
    query_timeout: STATEMENT_TIMEOUT,
    keepAlive: true,
  });
  // An idle connection that is lost: the pool makes another one. Without a listener it would end the process.
  pool.on('error', (error) => log?.warn({ reason: messageOf(error) }, 'a connection to the database was lost'));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await requireUtf8(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    judge,
    write: (statement) => statement(db),
    // Whatever the database's default is: a statement must see what others have written before it got its row.
    transaction: (statements) => db.transaction().setIsolationLevel('read committed').execute(statements),
    schema,
  };
}

/** It is the first to connect. */
async function requireUtf8(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db);
  const encoding = rows[0]?.server_encoding;
  if (encoding !== 'UTF8') throw new Error(`the database is encoded in ${String(encoding)}, and must be in UTF8`);
}

const schema: SchemaDialect = {
  begin: async (connection) => {
    await sql`begin`.execute(connection);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(connection);
  },
  text: sql`text collate "C"`,
};

/** SQLSTATE classes and codes (PostgreSQL's manual, appendix A). */
const REPEATABLE = /^(40001|40P01)$/;
const LOST = /^(08|53|57P)/;

function judge(error: unknown): Verdict {
  // What is not the server's word is about the way to it.
  if (!(error instanceof DatabaseError)) return 'lost';
  const { code = '' } = error;
  if (REPEATABLE.test(code)) return 'repeat';
  return LOST.test(code) ? 'lost' : 'wrong';
}
