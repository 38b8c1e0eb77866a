/** The blobs of one job: where they lie, and whose they are. */
import { createHash } from 'node:crypto';
import type { BlobRef } from '../domain/blob';
import { isJsonObject } from '../domain/json';
import { readBlob, type BlobStore } from './blobs';

/** A job as its blobs know it. */
export interface BlobOwner {
  /** Temporal's own id of the namespace, which no other has, whatever its name. */
  readonly namespaceId: string;
  readonly jobId: string;
  /** When it was written for a job that is about to start, in epoch milliseconds: Temporal may not know that yet. */
  readonly since?: number;
}

/** The blob of a folder that says whose it is. */
const OWNER = 'owner.json';

/** A job id may hold what no file name may. */
export function blobFolder({ namespaceId, jobId }: BlobOwner): string {
  return createHash('sha256')
    .update(JSON.stringify([namespaceId, jobId]))
    .digest('hex')
    .slice(0, 32);
}

/** Writes a job's blobs. The first of a process also says whose they are, so that they can be removed after the job. */
export class JobBlobs {
  private readonly owned = new Set<string>();

  constructor(readonly store: BlobStore) {}

  /** @param name the same once more replaces the blob */
  async put(owner: BlobOwner, name: string, body: Buffer | string): Promise<BlobRef> {
    const folder = blobFolder(owner);
    if (!this.owned.has(folder)) {
      await this.store.put(`${folder}/${OWNER}`, JSON.stringify(owner));
      if (this.owned.size >= MAX_REMEMBERED) this.owned.clear();
      this.owned.add(folder);
    }
    return await this.store.put(`${folder}/${name}`, body);
  }
}

const MAX_REMEMBERED = 10_000;

/** @returns undefined where nobody can tell */
export async function readOwner(store: BlobStore, folder: string): Promise<BlobOwner | undefined> {
  const ref = await store.find(`${folder}/${OWNER}`);
  if (ref === undefined) return undefined;
  const found: unknown = JSON.parse((await readBlob(store, ref)).toString());
  if (!isJsonObject(found)) return undefined;
  const { namespaceId, jobId, since } = found;
  if (typeof namespaceId !== 'string' || typeof jobId !== 'string') return undefined;
  return { namespaceId, jobId, ...(typeof since === 'number' && { since }) };
}
