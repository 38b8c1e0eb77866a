/** What the two databases have in common: the tables, and how a statement is run on either. */
import type { Kysely } from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../domain/errors';

/** One row per definition. The same for each kind, so that one implementation serves all. */
export interface DefinitionRow {
  readonly name: string;
  /** JSON as text, not as a JSON type: keys stay in order and numbers as they are. */
  readonly definition: string;
  readonly revision: number;
  /** Milliseconds. PostgreSQL's driver answers a bigint as text. */
  readonly created: number | string;
  readonly modified: number | string;
  // The rest is only of kinds that have versions.
  /** The id of the current one. */
  readonly version?: string | undefined;
  /** JSON: who made what the current version, newest first. */
  readonly audit?: string | undefined;
  /** Not read with the others: it may be large. */
  readonly readme?: string | null | undefined;
}

/** A definition as it was at some time. */
export interface VersionRow {
  readonly name: string;
  /** Counts those of a name, from 1. */
  readonly number: number;
  readonly version: string;
  readonly definition: string;
  readonly created: number | string;
  readonly created_by: string;
  /** JSON: what people have put on it. */
  readonly labels: string;
}

export type TableName = 'stored_pipelines' | 'stored_algorithms' | 'stored_endpoints' | 'stored_experiments';
export type VersionTableName = 'pipeline_versions' | 'algorithm_versions';
export type Tables = Record<TableName, DefinitionRow> & Record<VersionTableName, VersionRow>;

export interface Database {
  readonly db: Kysely<Tables>;
  readonly judge: Judge;
  /** Runs one statement that writes, so that what it did stays, or all of it did not happen. */
  write<R>(statement: (db: Kysely<Tables>) => Promise<R>): Promise<R>;
  /** The same for several: each sees what others have written by then, and a row that it has written is its own. */
  transaction<R>(statements: (db: Kysely<Tables>) => Promise<R>): Promise<R>;
}

/** What an error says of the statement that it ended: it has done nothing and may be repeated, nobody knows, or it is wrong. */
export type Verdict = 'repeat' | 'lost' | 'wrong';
export type Judge = (error: unknown) => Verdict;

/** How long a statement is repeated. */
const PATIENCE = 10_000;
const LONGEST_PAUSE = 50;

/**
 * Runs a statement, again as long as others are in its way.
 *
 * @throws PipelineError `Unavailable` where the database is busy for 10 s, or does not answer
 */
export async function run<T>(judge: Judge, statement: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await statement();
    } catch (error) {
      // Our own word on what a transaction found.
      if (error instanceof PipelineError) throw error;
      const verdict = judge(error);
      if (verdict === 'wrong') throw error;
      if (verdict === 'lost') throw unavailable('the database does not answer', error);
      if (Date.now() > deadline) throw unavailable('the database is busy', error);
      // By chance, so that two that met do not meet again.
      await sleep(Math.random() * LONGEST_PAUSE);
    }
  }
}

/** The reason is for logs: callers of the facade have no use for addresses. */
function unavailable(message: string, cause: unknown): PipelineError {
  return Object.assign(new PipelineError('Unavailable', message), { cause });
}
