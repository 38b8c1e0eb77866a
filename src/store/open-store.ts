/** Opens the database that the configuration names, and brings it up to date (contract §9). */
import type { AlgorithmDefinition } from '../domain/algorithm-definition';
import type { StoredEndpoint } from '../domain/endpoint';
import type { Experiment } from '../domain/experiment';
import type { Pipeline } from '../domain/pipeline';
import { run, type Database } from './database';
import { SqlDefinitions, SqlVersionedDefinitions } from './definitions';
import { guardPipelines } from './guarded-pipelines';
import { messageOf, type StoreLog } from './log';
import { migrate, type SchemaDatabase } from './migrations';
import { openPostgres } from './postgres';
import { openSqlite } from './sqlite';
import type { Store } from './store';
import { SqlTriggers } from './triggers';

export interface StoreOptions {
  /** Where the file of SQLite is, made where it is missing; not used with a `databaseUrl`. */
  readonly dataDir: string;
  /** A PostgreSQL database, encoded in UTF-8. Default: SQLite. */
  readonly databaseUrl?: string;
  readonly log?: StoreLog;
  /** Told the name of each pipeline that was stored, changed or deleted by this process; it must not throw. */
  readonly pipelineChanged?: (name: string) => Promise<void>;
}

/**
 * Several processes may open one database at the same time; the schema is made by one of them.
 *
 * @throws Error in one line that names `DATABASE_URL` or `DATA_DIR` and the reason, and never the URL's password
 */
export async function openStore({ dataDir, databaseUrl, log, pipelineChanged }: StoreOptions): Promise<Store> {
  const setting = databaseUrl === undefined ? 'DATA_DIR' : 'DATABASE_URL';
  try {
    const database = await (databaseUrl === undefined ? openSqlite(dataDir) : openPostgres(databaseUrl, log));
    await bringUpToDate(database, log);
    return storeIn(database, pipelineChanged);
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}

async function bringUpToDate(database: SchemaDatabase, log: StoreLog | undefined): Promise<void> {
  try {
    const steps = await migrate(database);
    if (steps.length > 0) log?.info({ steps }, 'the schema of the database was brought up to date');
  } catch (error) {
    await database.db.destroy();
    throw error;
  }
}

function storeIn(database: Database, pipelineChanged: StoreOptions['pipelineChanged']): Store {
  const { db, judge } = database;
  const triggers = new SqlTriggers(database);
  const pipelines = new SqlVersionedDefinitions<Pipeline>(
    database,
    'stored_pipelines',
    'pipeline_versions',
    'pipeline',
  );
  return {
    pipelines: guardPipelines(pipelines, triggers, pipelineChanged),
    triggers,
    algorithms: new SqlVersionedDefinitions<AlgorithmDefinition>(
      database,
      'stored_algorithms',
      'algorithm_versions',
      'algorithm',
    ),
    endpoints: new SqlDefinitions<StoredEndpoint>(database, 'stored_endpoints', 'endpoint'),
    experiments: new SqlDefinitions<Experiment>(database, 'stored_experiments', 'experiment'),
    async ping() {
      // From a table: SQLite answers much without a look at its file.
      await run(judge, () => db.selectFrom('stored_pipelines').select('revision').limit(1).execute());
    },
    close: () => db.destroy(),
  };
}
