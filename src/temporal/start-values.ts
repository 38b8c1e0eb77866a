/** What a job is started with beside its nodes, where it is large: it goes to blobs of the job before that is started. */
import { MAX_INLINE_BYTES, storeFlowInput } from '../blobs/flow-input';
import { isStored, ownOutputs } from '../blobs/given-outputs';
import type { BlobStore } from '../blobs/blobs';
import { invalid, PipelineError } from '../domain/errors';
import type { GivenOutput } from '../domain/given-output';
import type { NodePlan } from '../domain/graph';
import type { Pipeline } from '../domain/pipeline';
import type { StoredFlowInput } from '../domain/stored';

/** The largest pipeline that fits into a workflow's arguments: Temporal refuses a payload over 2 MiB. */
const MAX_PIPELINE_BYTES = 1_900_000;

export interface ValuesOf {
  /** Default: there is no place for large values. */
  readonly blobs: BlobStore | undefined;
  readonly namespaceId: () => Promise<string>;
  readonly jobId: string;
  /** The job's nodes. */
  readonly plans: readonly NodePlan[];
}

/**
 * What travels to the workflow: a large flow input stays behind, in a blob.
 *
 * @param digest tells the pipeline from others of the same job id
 * @throws PipelineError `InvalidPipeline`, `Unavailable`
 */
export async function lighten(
  pipeline: Pipeline,
  digest: string,
  { blobs: store, namespaceId, jobId, plans }: ValuesOf,
): Promise<{ light: Pipeline; flowInput?: StoredFlowInput }> {
  const { flowInput = null } = pipeline;
  const text = JSON.stringify(flowInput);
  const bytes = Buffer.byteLength(text);
  // The key stays in its place.
  const rest = pipeline.flowInput === undefined ? pipeline : { ...pipeline, flowInput: null };
  const others = Buffer.byteLength(JSON.stringify(rest));
  if (others > MAX_PIPELINE_BYTES) throw tooLarge('data', MAX_PIPELINE_BYTES, others);
  if (store === undefined || bytes <= MAX_INLINE_BYTES) {
    const left = MAX_PIPELINE_BYTES - others;
    if (bytes > left) throw tooLarge('data.flowInput', left, bytes);
    return { light: pipeline };
  }
  const owner = { namespaceId: await namespaceId(), jobId };
  const stored = await storeFlowInput({ store, owner, digest }, text, flowInput, plans);
  const whole = others + Buffer.byteLength(JSON.stringify(stored));
  if (whole > MAX_PIPELINE_BYTES) throw tooLarge('data', MAX_PIPELINE_BYTES, whole);
  return { light: rest, flowInput: stored };
}

/** Another job, as far as its outputs are asked for. */
export interface EarlierJob {
  readonly jobId: string;
  /** @throws PipelineError */
  outputs(nodeNames: readonly string[]): Promise<readonly GivenOutput[]>;
}

/**
 * What it reads of another job, which is its own then: what is large of it is copied.
 *
 * @throws PipelineError `WrongState`, `InvalidPipeline`, `Unavailable`
 */
export async function takeOutputs(
  earlier: EarlierJob,
  nodeNames: readonly string[],
  { blobs: store, namespaceId, jobId, plans }: ValuesOf,
): Promise<readonly GivenOutput[]> {
  const found = await earlier.outputs(nodeNames);
  if (store === undefined && found.some(isStored)) {
    throw new PipelineError('Unavailable', 'the outputs lie in blobs: give the client the `blobs` of the workers');
  }
  const own = store && { store, owner: { namespaceId: await namespaceId(), jobId }, plans };
  const outputs = own === undefined ? found : await ownOutputs(found, own);
  const bytes = Buffer.byteLength(JSON.stringify(outputs));
  if (bytes > MAX_PIPELINE_BYTES) throw tooLarge(`what it reads of ${earlier.jobId}`, MAX_PIPELINE_BYTES, bytes);
  return outputs;
}

function tooLarge(field: string, limit: number, bytes: number): PipelineError {
  return invalid(`${field} should NOT be larger than ${String(limit)} bytes, it has ${String(bytes)}`);
}
