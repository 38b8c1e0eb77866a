/** Starts and steers jobs on any Temporal (contract §11). The facade is built on it. */
import { createHash } from 'node:crypto';
import { v4, v5 } from 'uuid';
import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import type { BlobStore } from './blobs/blobs';
import { invalid, PipelineError } from './domain/errors';
import type { Homes } from './domain/homes';
import { DEFAULTS, type Pipeline } from './domain/pipeline';
import { LATEST_VERSION, parseSettings, type JobSettings } from './domain/settings';
import type { NodePlan } from './domain/graph';
import type { StoredFlowInput } from './domain/stored';
import { parseDefinition, parsePipeline } from './domain/validate';
import { MAX_INLINE_BYTES, storeFlowInput } from './blobs/flow-input';
import { JobHandle } from './job-handle';
import { createNamespaceId } from './temporal/blob-sweeper';
import { within } from './temporal/deadline';
import { Deliveries } from './temporal/deliveries';
import { findJobs, type JobCriteria } from './temporal/find-jobs';
import { lastRuns, type RunCriteria } from './temporal/last-runs';
import { describeJob } from './temporal/jobs';
import { PARENT, type JobType, type Origin } from './temporal/started-job';
import { createShortReader } from './temporal/short-algorithms';
import { missingSearchAttributes } from './temporal/search-attributes';
import { RUN_PIPELINE } from '../workflows/messages';
import {
  PIPELINE_ALGORITHMS,
  PIPELINE_EXPERIMENT,
  PIPELINE_NAME,
  PIPELINE_ROOT,
  PIPELINE_STATUS,
  PIPELINE_TAGS,
  PIPELINE_TYPES,
} from '../workflows/search-attributes';

export { PipelineError, type PipelineErrorCode } from './domain/errors';
export { JobHandle } from './job-handle';
export { Deliveries, type PageOptions } from './temporal/deliveries';
export type { DeliveryCriteria } from './temporal/find-deliveries';
export type { JobCriteria } from './temporal/find-jobs';
export type { RunCriteria } from './temporal/last-runs';
export type { DeliveryPage } from './temporal/list-deliveries';
export type { JobType, Origin, StartedJob } from './temporal/started-job';
export type { TestOutcome } from './temporal/test-webhook';
export type { WebhookOutcome } from './temporal/webhook-outcomes';

/** What holds for every job that a client starts. */
export interface PipelineClientOptions {
  /** Of the workers that run the pipelines. @default 'pipelines' */
  readonly taskQueue?: string;
  /** What every job of this client is started with. @default see `JobSettings` */
  readonly settings?: Partial<JobSettings>;
  /** Makes the `dataUrl` of a job's settings. @default none: all results are in the webhook */
  readonly dataUrl?: (jobId: string) => string;
  /**
   * Of the workers that run the pipelines: where they keep what is large. Flow inputs over 32 kB go there.
   *
   * @default none: large results can't be read, and a flow input is limited to 1.9 MB
   */
  readonly blobs?: BlobStore;
}

/** What holds for one job, beside its pipeline. */
export interface StartOptions {
  /**
   * The same key and pipeline answer the same job and start nothing, for as long as Temporal retains it. A key counts
   * for one pipeline name. Default: each call starts a job.
   */
  readonly idempotencyKey?: string;
  /** How the job came to be, as the search attribute `PipelineTypes` tells it. Default `['raw']`. */
  readonly types?: readonly JobType[];
  /** The job that starts it. Default: none does. */
  readonly origin?: Origin;
  /** What triggers have led to it; see `JobSettings`. Default: the client's setting. */
  readonly triggeredBy?: readonly string[];
  /** Where its algorithms are run. Default: by the workers of the client's task queue, as they have announced them. */
  readonly homes?: Homes;
}

/** Makes a UUID (RFC 9562, version 5) of an idempotency key; a value of our own, never to change. */
const KEY_NAMESPACE = '5a0de4f1-3c63-4f0b-9d0e-6a8f1f6f2b7c';
/** The memo that tells which pipeline a job was started with. */
const DIGEST = 'PipelineDigest';

/** The largest pipeline that fits into a workflow's arguments: Temporal refuses a payload over 2 MiB. */
const MAX_PIPELINE_BYTES = 1_900_000;

/** A server under load takes a start later than it answers a question. */
const START_WITHIN_MS = 10_000;

/**
 * Starts jobs, over a Temporal client of the caller's. What goes wrong with a pipeline or a job is a {@link PipelineError}, told
 * apart by `code`; what goes wrong on the way to Temporal is the SDK's own error.
 */
export class PipelineClient {
  /** What was sent to receivers, and how to have it sent again. */
  readonly deliveries: Deliveries;

  private searchable: Promise<boolean> | undefined;
  private readonly namespaceId = createNamespaceId();
  private readonly findShort: (pipeline: Pipeline) => Promise<Homes | undefined>;

  constructor(
    private readonly client: Client,
    private readonly options: PipelineClientOptions = {},
  ) {
    this.deliveries = new Deliveries(client, options.taskQueue ?? 'pipelines', options.settings);
    this.findShort = createShortReader(client, options.taskQueue ?? 'pipelines');
  }

  /**
   * Checks a pipeline as `start` does, and starts nothing.
   *
   * @param document anything that was parsed from JSON
   * @throws PipelineError `InvalidPipeline`
   */
  parse(document: unknown): Pipeline {
    return parsePipeline(document, parseSettings(this.options.settings)).pipeline;
  }

  /** The same of a pipeline that is stored: what it reads of its flow input may come when it is started. */
  parseDefinition(document: unknown): Pipeline {
    return parseDefinition(document, parseSettings(this.options.settings)).pipeline;
  }

  /**
   * Checks a pipeline and starts it.
   *
   * @throws PipelineError `InvalidPipeline`, `Conflict` where the key was used with another pipeline, or `Unavailable`
   * where a large flow input can not be written; then nothing was started
   */
  async start(
    document: Pipeline,
    { idempotencyKey, types = ['raw'], origin, ...given }: StartOptions = {},
  ): Promise<JobHandle> {
    const { pipeline, plans } = parsePipeline(document, parseSettings(this.options.settings));
    parseSettings({ homes: given.homes ?? {} });
    const text = JSON.stringify(pipeline);
    const jobId = idempotencyKey === undefined ? `${pipeline.name}:${v4()}` : keyedJobId(pipeline.name, idempotencyKey);
    const digest = createHash('sha256').update(text).digest('hex');
    const [searchable, homes] = await Promise.all([
      within(this.client, START_WITHIN_MS, () => this.isSearchable()),
      given.homes ?? this.findShort(pipeline),
    ]);
    const { settings, dataUrl, blobs } = this.options;
    const isRepeated =
      blobs !== undefined && idempotencyKey !== undefined && text.length > MAX_INLINE_BYTES
        ? await this.isStarted(jobId, digest)
        : false;
    if (isRepeated) return this.getHandle(jobId);
    const { light, flowInput } = await this.lighten(pipeline, plans, { jobId, digest });
    const options: WorkflowStartOptions = {
      workflowId: jobId,
      // Also once the job has ended, for as long as Temporal retains it.
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      memo: { [DIGEST]: digest, ...(origin !== undefined && { [PARENT]: origin.parentJobId }) },
      taskQueue: this.options.taskQueue ?? 'pipelines',
      args: [
        light,
        {
          version: LATEST_VERSION,
          ...settings,
          ...(flowInput !== undefined && { flowInput }),
          ...(dataUrl !== undefined && { dataUrl: dataUrl(jobId) }),
          ...(homes !== undefined && { homes }),
          ...(given.triggeredBy !== undefined && { triggeredBy: given.triggeredBy }),
        },
      ],
      staticSummary: pipeline.description ?? `pipeline ${pipeline.name}`,
      priority: { priorityKey: pipeline.priority ?? DEFAULTS.priority, fairnessKey: pipeline.name.slice(0, 64) },
      ...(searchable && {
        typedSearchAttributes: searchAttributesOf(pipeline, types, origin),
      }),
    };
    try {
      await within(this.client, START_WITHIN_MS, () => this.client.workflow.start(RUN_PIPELINE, options));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await this.isStarted(jobId, digest);
    }
    return this.getHandle(jobId);
  }

  /** @throws PipelineError `Conflict` where it is another pipeline's */
  private async isStarted(jobId: string, digest: string): Promise<boolean> {
    try {
      const { memo } = await describeJob(this.client, jobId);
      if (memo?.[DIGEST] === digest) return true;
    } catch (error) {
      if (error instanceof PipelineError && error.code === 'NotFound') return false;
      throw error;
    }
    throw new PipelineError('Conflict', 'the key was used with another pipeline');
  }

  /** What travels to the workflow: a large flow input stays behind, in a blob. */
  private async lighten(
    pipeline: Pipeline,
    plans: readonly NodePlan[],
    { jobId, digest }: { readonly jobId: string; readonly digest: string },
  ): Promise<{ light: Pipeline; flowInput?: StoredFlowInput }> {
    const { flowInput = null } = pipeline;
    const text = JSON.stringify(flowInput);
    const bytes = Buffer.byteLength(text);
    // The key stays in its place.
    const rest = pipeline.flowInput === undefined ? pipeline : { ...pipeline, flowInput: null };
    const others = Buffer.byteLength(JSON.stringify(rest));
    if (others > MAX_PIPELINE_BYTES) throw tooLarge('data', MAX_PIPELINE_BYTES, others);
    const { blobs: store } = this.options;
    if (store === undefined || bytes <= MAX_INLINE_BYTES) {
      const left = MAX_PIPELINE_BYTES - others;
      if (bytes > left) throw tooLarge('data.flowInput', left, bytes);
      return { light: pipeline };
    }
    const owner = { namespaceId: await this.namespaceId(this.client), jobId };
    const stored = await storeFlowInput({ store, owner, digest }, text, flowInput, plans);
    const whole = others + Buffer.byteLength(JSON.stringify(stored));
    if (whole > MAX_PIPELINE_BYTES) throw tooLarge('data', MAX_PIPELINE_BYTES, whole);
    return { light: rest, flowInput: stored };
  }

  /** Does not ask whether there is such a job: the handle's calls do. */
  getHandle(jobId: string): JobHandle {
    return new JobHandle(this.client, jobId, this.options.blobs);
  }

  /**
   * The jobs that run and match all of it, those first that were started last.
   *
   * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
   */
  find(criteria: JobCriteria): Promise<JobHandle[]> {
    return findJobs(this.client, criteria).then((jobIds) => jobIds.map((jobId) => this.getHandle(jobId)));
  }

  /**
   * The jobs that match all of it and were started last, or first.
   *
   * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
   */
  async lastRuns(criteria: RunCriteria): Promise<JobHandle[]> {
    return (await lastRuns(this.client, criteria)).map((jobId) => this.getHandle(jobId));
  }

  /** Names of search attributes that the namespace lacks; jobs run without, and can't be searched for. */
  async missingSearchAttributes(): Promise<string[]> {
    const { connection, options } = this.client;
    if (!('operatorService' in connection)) return [];
    return (await missingSearchAttributes(connection, options.namespace)).map(({ name }) => name);
  }

  /** Asked once; where the answer did not come it is asked again. */
  private isSearchable(): Promise<boolean> {
    this.searchable ??= this.missingSearchAttributes().then(
      (missing) => missing.length === 0,
      (error: unknown) => {
        this.searchable = undefined;
        throw error;
      },
    );
    return this.searchable;
  }
}

/** The job that a key stands for, of a pipeline of that name. */
export function keyedJobId(name: string, idempotencyKey: string): string {
  return `${name}:${v5(idempotencyKey, KEY_NAMESPACE)}`;
}

function tooLarge(field: string, limit: number, bytes: number): PipelineError {
  return invalid(`${field} should NOT be larger than ${String(limit)} bytes, it has ${String(bytes)}`);
}

/** The server takes 40 kB of them in all. */
const MAX_ALGORITHMS = 500;

function searchAttributesOf(
  { name, tags = [], experimentName = DEFAULTS.experimentName, nodes }: Pipeline,
  types: readonly JobType[],
  origin: Origin | undefined,
): SearchAttributePair[] {
  const algorithms = [...new Set(nodes.map(({ algorithmName }) => algorithmName))];
  return [
    { key: PIPELINE_NAME, value: name },
    { key: PIPELINE_STATUS, value: 'pending' },
    { key: PIPELINE_TAGS, value: [...tags] },
    { key: PIPELINE_TYPES, value: [...types] },
    { key: PIPELINE_EXPERIMENT, value: experimentName },
    { key: PIPELINE_ALGORITHMS, value: algorithms.slice(0, MAX_ALGORITHMS) },
    ...(origin === undefined ? [] : [{ key: PIPELINE_ROOT, value: origin.rootJobId }]),
  ];
}
