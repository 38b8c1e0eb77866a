/** SQLite in a file, for one machine: several processes may use it together. */
import { Kysely, sql, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import Libsql from 'libsql';
import { LRUCache } from 'lru-cache';
import { mkdir } from 'node:fs/promises';
import { run, type Tables, type Verdict } from './database';
import { messageOf } from './log';
import type { SchemaDatabase } from './migrations';
import { sqliteFile } from './sqlite-file';

/** How long SQLite itself waits for another process. It blocks our event loop meanwhile, so the longer wait is `run`'s. */
const BUSY_TIMEOUT = 50;

/** Few texts are asked for again and again; those of long lists of names are many. */
const MAX_PREPARED = 100;

/** @throws Error that names the file */
export async function openSqlite(dataDir: string): Promise<SchemaDatabase> {
  const file = sqliteFile(dataDir);
  try {
    await mkdir(dataDir, { recursive: true });
    const connection = new Libsql(file, { timeout: BUSY_TIMEOUT });
    // Readers and a writer then do not wait for each other. It is kept in the file.
    await run(judge, () => Promise.resolve(connection.exec('pragma journal_mode = wal')));
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new LockingConnection(connection) }) });
    const transaction: SchemaDatabase['transaction'] = (statements) => db.transaction().execute(statements);
    return {
      db,
      judge,
      // A statement that met a lock would stay in progress: see below.
      write: transaction,
      transaction,
      schema: {
        begin: async (transaction) => {
          await run(judge, () => sql`begin`.execute(transaction));
        },
        text: sql`text collate binary`,
      },
    };
  } catch (error) {
    throw new Error(`cannot use ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Every transaction takes the lock of writers as it begins, so what comes later meets no lock.
 *
 * libsql 0.5 leaves a prepared statement that failed because of a lock in progress until it is collected as garbage, and
 * no later transaction of the connection is committed meanwhile. What `exec` runs is always finished.
 */
class LockingConnection implements SqliteDatabase {
  /** Statements that read, by their text, to be used again: a third of what a short one costs is that it is prepared. */
  private readonly prepared = new LRUCache<string, SqliteStatement>({ max: MAX_PREPARED });

  constructor(private readonly connection: Libsql.Database) {}

  prepare(text: string): SqliteStatement {
    if (text === 'begin') return this.control('begin immediate');
    if (text === 'commit' || text === 'rollback') return this.control(text);
    return text.startsWith('select ') ? this.read(text) : this.connection.prepare(text);
  }

  close(): void {
    this.connection.close();
  }

  private read(text: string): SqliteStatement {
    const statement = this.prepared.get(text) ?? this.connection.prepare(text);
    return {
      reader: true,
      all: (parameters) => {
        // Not there while it is in use, nor after it has failed.
        this.prepared.delete(text);
        const rows = statement.all(parameters);
        this.prepared.set(text, statement);
        return rows;
      },
      iterate: (parameters) => this.connection.prepare(text).iterate(parameters),
      run: (parameters) => this.connection.prepare(text).run(parameters),
    };
  }

  private control(text: string): SqliteStatement {
    return {
      reader: false,
      all: () => [],
      iterate: () => [].values(),
      run: () => {
        this.connection.exec(text);
        return { changes: 0, lastInsertRowid: 0 };
      },
    };
  }
}

function judge(error: unknown): Verdict {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code) ? 'repeat' : 'wrong';
}
