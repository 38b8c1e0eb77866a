/** Deletes stored pipelines, with what runs by their name. */
import type { JobHandle, PipelineClient } from '../client';
import type { Store } from '../store/store';
import { Unsearchable } from '../temporal/visibility';
import { stopAll } from './stop-jobs';

export interface Removed {
  readonly running: number;
  readonly stopped: number;
}

/** @returns undefined where it is not stored */
export async function removePipeline(
  { pipelines, store }: { readonly pipelines: PipelineClient; readonly store: Store },
  name: string,
  options: { readonly keepVersions?: boolean } = {},
): Promise<Removed | undefined> {
  if ((await store.pipelines.get(name)) === undefined) return undefined;
  const running = await findAround(
    () => pipelines.find({ pipelineName: name, type: 'stored' }),
    () => store.pipelines.delete(name, options),
  );
  if (running === undefined) return undefined;
  const { stopped } = await stopAll(running, `pipeline ${name} was deleted`);
  return { running: running.length, stopped: stopped.length };
}

/**
 * Looks before something is deleted, so that nothing is while Temporal is away, and after it, for what has started meanwhile.
 *
 * @param remove answers whether it was there
 * @returns what runs; undefined where nothing was there
 */
export async function findAround(
  find: () => Promise<JobHandle[]>,
  remove: () => Promise<boolean>,
): Promise<JobHandle[] | undefined> {
  const before = await findOrNone(find);
  if (!(await remove())) return undefined;
  // It is deleted by now, whoever answers.
  const after = await find().catch(() => []);
  const all = new Map([...before, ...after].map((job) => [job.jobId, job]));
  return [...all.values()];
}

/** Where jobs can't be searched for, there is none to be seen. */
export async function findOrNone(find: () => Promise<JobHandle[]>): Promise<JobHandle[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Unsearchable) return [];
    throw error;
  }
}
