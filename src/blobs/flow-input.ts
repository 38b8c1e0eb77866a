/** Flow inputs that are too large for a history: where the workers keep what is large (DESIGN.md, «Large values»). */
import { BlobError, readBlob, type BlobStore } from './blobs';
import { putElements } from './elements';
import type { BlobRef } from '../domain/blob';
import { JobBlobs, type BlobOwner } from './job-blobs';
import { PipelineError } from '../domain/errors';
import type { NodePlan } from '../domain/graph';
import { getPath, type Json } from '../domain/json';
import type { Pipeline } from '../domain/pipeline';
import type { StoredFlowInput } from '../domain/stored';

/** Above it a flow input is stored, where there is a store. */
export const MAX_INLINE_BYTES = 32_000;

/** What a worker keeps of blobs that it has read is a little more. */
export const MAX_STORED_BYTES = 60_000_000;

/** What is stored of it, and where. */
export interface FlowInputBlobs {
  readonly store: BlobStore;
  readonly owner: BlobOwner;
  /** Tells it from another of the same job: a key that is used with a second pipeline must not replace the first. */
  readonly digest: string;
}

/**
 * Writes a flow input before its job is there. The same once more replaces the blobs by themselves.
 *
 * @param text the flow input as JSON
 * @param plans of the nodes that read it: the arrays that they read by element are written by themselves as well
 * @throws PipelineError `Unavailable`
 */
export async function storeFlowInput(
  { store, owner, digest }: FlowInputBlobs,
  text: string,
  flowInput: Json,
  plans: readonly NodePlan[],
): Promise<StoredFlowInput> {
  const blobs = new JobBlobs(store);
  const base = `flowInput-${digest.slice(0, 16)}`;
  const put = async (name: string, body: Buffer | string) =>
    await blobs.put({ ...owner, since: Date.now() }, `${base}${name}`, body);
  return await told(async () => {
    const blob = await put('', text);
    const elements: { path: readonly string[]; chunks: Awaited<ReturnType<typeof putElements>> }[] = [];
    for (const path of arraysOf(plans)) {
      const name = `-${String(elements.length)}`;
      elements.push({ path, chunks: await putElements(getPath(flowInput, path), name, put) });
    }
    return { blob, elements };
  });
}

/** The paths of `#@flowInput.path`, each once. */
function arraysOf(plans: readonly NodePlan[]): (readonly string[])[] {
  const paths = new Map<string, readonly string[]>();
  for (const { leaves } of plans) {
    for (const leaf of leaves) {
      if (leaf.kind !== 'batchReference' || leaf.source.kind !== 'flowInput') continue;
      paths.set(leaf.source.path.join('.'), leaf.source.path);
    }
  }
  return [...paths.values()];
}

/**
 * The pipeline as it was sent, its flow input read from where it lies.
 *
 * @throws PipelineError `Unavailable`
 */
export async function withFlowInput(
  pipeline: Pipeline,
  stored: StoredFlowInput | undefined,
  store: BlobStore | undefined,
): Promise<Pipeline> {
  if (stored === undefined) return pipeline;
  const blobs = given(store);
  // In the place of the key that was left for it.
  return await told(async () => {
    return { ...pipeline, flowInput: JSON.parse((await readBlob(blobs, stored.blob)).toString()) as Json };
  });
}

/**
 * The flow input alone, as JSON, read as it is asked for.
 *
 * @throws PipelineError `Unavailable`
 */
export function flowInputText(stored: StoredFlowInput, store: BlobStore | undefined): AsyncIterable<Buffer> {
  return chunksOf(given(store), stored.blob);
}

async function* chunksOf(store: BlobStore, blob: BlobRef): AsyncGenerator<Buffer> {
  try {
    yield* (await store.read(blob)) as AsyncIterable<Buffer>;
  } catch (error) {
    throw toClient(error);
  }
}

function given(store: BlobStore | undefined): BlobStore {
  if (store !== undefined) return store;
  throw new PipelineError('Unavailable', 'the flow input lies in a blob: give the client the `blobs` of the workers');
}

/** What a store says as the client's own error. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toClient(error);
  }
}

function toClient(error: unknown): unknown {
  return error instanceof BlobError ? new PipelineError('Unavailable', error.message) : error;
}
