/** Where a worker finds the pipelines that it starts by itself: in the database of the facade. */
import type { PipelineClientOptions } from '../client';
import type { StoredOptions } from '../stored-jobs';
import type { Store } from '../store/store';
import type { LazyStore } from './lazy-store';

/** Reads them when a job has completed, or a pipeline is to run at its time. */
export function storedPipelines(
  store: Pick<LazyStore, 'open'>,
  client: Pick<PipelineClientOptions, 'settings' | 'dataUrl'>,
): StoredOptions {
  /** Another worker may have one. */
  const opened = async (): Promise<Store> => {
    const found = await store.open();
    if (found === undefined)
      throw new Error('no database is here: set DATABASE_URL, or DATA_DIR to that of the facade');
    return found;
  };
  return {
    pipelines: {
      get: async (name) => (await (await opened()).pipelines.get(name))?.definition,
      triggeredBy: async (name) => (await (await store.open())?.triggers.triggeredBy(name)) ?? [],
    },
    algorithms: async (names) => (await (await opened()).algorithms.getMany(names)).map(({ definition }) => definition),
    hasExperiment: async (name) => (await (await opened()).experiments.get(name)) !== undefined,
    client,
  };
}
