/** Deletes stored pipelines, with what runs by their name. */
import type { JobHandle, PipelineClient } from '../client';
import { PipelineError } from '../domain/errors';
import type { Store } from '../store/store';
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
  if (!(await store.pipelines.delete(name, options))) return undefined;
  const running = await findOrNone(() => pipelines.find({ pipelineName: name, type: 'stored' }));
  const { stopped } = await stopAll(running, `pipeline ${name} was deleted`);
  return { running: running.length, stopped: stopped.length };
}

/** Where jobs can't be searched for, there is none to be seen. */
export async function findOrNone(find: () => Promise<JobHandle[]>): Promise<JobHandle[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof PipelineError) return [];
    throw error;
  }
}
