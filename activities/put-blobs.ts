/** Writes blobs of the job that an activity belongs to. */
import { randomUUID } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import type { PutBlob } from '../src/blobs/elements';
import type { JobBlobs } from '../src/blobs/job-blobs';

/** Where an activity writes what is large. */
export interface BlobPlace {
  /** Default: nowhere. */
  readonly blobs?: JobBlobs;
  /** Of the worker's namespace, by Temporal's own account. */
  readonly namespaceId: (client: Context['client']) => Promise<string>;
}

/**
 * A name tells the run, so that a job that was reset replaces nothing that its earlier run has written.
 *
 * @returns undefined without a place
 */
export function putter(
  { blobs, namespaceId }: BlobPlace,
  { info, client }: Context,
  jobId: string,
): PutBlob | undefined {
  const { workflowExecution, activityId, isLocal } = info;
  if (blobs === undefined) return undefined;
  // A local activity that was lost may still write while another of the same id does.
  const activity = isLocal ? `${activityId}-${randomUUID()}` : activityId;
  return async (name, body) => {
    const owner = { namespaceId: await namespaceId(client), jobId };
    return await blobs.put(owner, `${workflowExecution?.runId ?? ''}-${activity}-${name}`, body);
  };
}
