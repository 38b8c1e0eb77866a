/** The activity `sweepBlobs`: a job's blobs live as long as Temporal knows the job or a delivery of it (architecture §1). */
import { Context } from '@temporalio/activity';
import type { BlobStore } from '../src/blobs/blobs';
import { readOwner, type BlobOwner } from '../src/blobs/job-blobs';
import type { Activities } from './contract';

/** What the activity asks Temporal, over the worker's own connection. */
export interface Retention {
  /** @returns the id of the worker's namespace */
  namespaceId(client: Context['client']): Promise<string>;
  /** @returns whether Temporal knows the job still, or a delivery of it */
  isRetained(client: Context['client'], jobId: string): Promise<boolean>;
}

/** Makes the activity; without a store there is nothing to sweep. */
export function createSweepBlobs(store: BlobStore | undefined, retention: Retention): Activities['sweepBlobs'] {
  return async () => {
    const { client, log } = Context.current();
    const own = await retention.namespaceId(client);
    let removed = 0;
    if (store === undefined) return removed;
    for await (const folder of store.folders()) {
      Context.current().heartbeat(removed);
      const owner = await readOwner(store, folder);
      if (owner?.namespaceId !== own || isStarting(owner) || (await retention.isRetained(client, owner.jobId)))
        continue;
      await store.removeFolder(folder);
      removed++;
    }
    if (removed > 0) log.info('the blobs of jobs that Temporal has forgotten were removed', { jobs: removed });
    return removed;
  };
}

/** A flow input is written before its job is started, which takes seconds; clocks may differ. */
const STARTING_MS = 3_600_000;

function isStarting({ since }: BlobOwner): boolean {
  return since !== undefined && Date.now() - since < STARTING_MS;
}
