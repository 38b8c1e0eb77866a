/** Starts and steers jobs on any Temporal (contract §11). The facade is built on it. */
import { createHash } from 'node:crypto';
import { v4, v5 } from 'uuid';
import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import type { BlobStore } from './blobs/blobs';
import { CheckedPipeline } from './domain/checked-pipeline';
import { PipelineError } from './domain/errors';
import { homesCheck, type Homes } from './domain/homes';
import { DEFAULTS, type Pipeline } from './domain/pipeline';
import { LATEST_VERSION, parseSettings, type JobSettings } from './domain/settings';
import { parseDefinition, parsePipeline } from './domain/validate';
import { MAX_INLINE_BYTES } from './blobs/flow-input';
import { JobHandle } from './job-handle';
import { createNamespaceId } from './temporal/blob-sweeper';
import { createHomesReader } from './temporal/announced-homes';
import { within } from './temporal/deadline';
import { Deliveries } from './temporal/deliveries';
import { findJobs } from './temporal/find-jobs';
import type { JobCriteria } from './temporal/job-conditions';
import { lastRuns, type RunCriteria } from './temporal/last-runs';
import { describeJob } from './temporal/jobs';
import { JobList } from './temporal/job-list';
import { PARENT, WRITTEN, type JobType, type Origin, type Reuse, type Written } from './temporal/started-job';
import { searchAttributesOf } from './temporal/started-attributes';
import { lighten, takeOutputs } from './temporal/start-values';
import { StartsInPlace } from './temporal/start-in-place';
import { missingSearchAttributes } from './temporal/search-attributes';
import { RUN_PIPELINE } from '../workflows/messages';

export { CheckedPipeline } from './domain/checked-pipeline';
export { PipelineError, type PipelineErrorCode } from './domain/errors';
export { JobHandle, type AuditEntry } from './job-handle';
export type { GraphEdge } from './domain/graph-edges';
export type { GraphItem, GraphNode, ItemQuery, JobGraph, NodeStates } from './domain/job-graph';
export { Deliveries, type PageOptions } from './temporal/deliveries';
export type { DeliveryCriteria } from './temporal/find-deliveries';
export type { JobCriteria } from './temporal/job-conditions';
export type { FoundJob } from './temporal/found-job';
export type { JobList, JobPage } from './temporal/job-list';
export type { JobTree } from './temporal/job-tree';
export type { JobSearch, SearchPage } from './temporal/search-jobs';
export type { RunCriteria } from './temporal/last-runs';
export type { DeliveryPage } from './temporal/list-deliveries';
export type { JobType, Origin, Reuse, StartedJob, Written } from './temporal/started-job';
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
  /**
   * What its caller sent, where the pipeline was made of that and of what is stored: the same key and request are the same
   * start, whatever is stored by then. Default: the pipeline tells.
   */
  readonly request?: unknown;
  /** How the job came to be, as the search attribute `PipelineTypes` tells it. Default `['raw']`. */
  readonly types?: readonly JobType[];
  /** The job that starts it. Default: none does. */
  readonly origin?: Origin;
  /** What triggers have led to it; see `JobSettings`. Default: the client's setting. */
  readonly triggeredBy?: readonly string[];
  /** Where its algorithms are run. Default: by the workers of the client's task queue, as they have announced them. */
  readonly homes?: Homes;
  /** Another job whose outputs its nodes read, of nodes that it does not have itself. Default: it has all that they read. */
  readonly reuse?: Reuse;
  /** Its nodes as its caller wrote them, where others run in the place of some. Default: these. */
  readonly written?: Written;
}

/** Makes a UUID (RFC 9562, version 5) of an idempotency key; a value of our own, never to change. */
const KEY_NAMESPACE = '5a0de4f1-3c63-4f0b-9d0e-6a8f1f6f2b7c';
/** The memo that tells which pipeline a key was used with. */
const DIGEST = 'PipelineDigest';
/** Which request, where the pipeline was made of that and of what was stored. */
const REQUEST = 'PipelineRequest';

/** A server under load takes a start later than it answers a question. */
const START_WITHIN_MS = 10_000;

/**
 * Starts jobs, over a Temporal client of the caller's. What goes wrong with a pipeline or a job is a {@link PipelineError}, told
 * apart by `code`; what goes wrong on the way to Temporal is the SDK's own error.
 */
export class PipelineClient {
  /** What was sent to receivers, and how to have it sent again. */
  readonly deliveries: Deliveries;
  /** All jobs that Temporal retains, to look through. */
  readonly jobs: JobList;

  private checkedSettings: JobSettings | undefined;
  private searchable: Promise<boolean> | undefined;
  private readonly namespaceId = createNamespaceId();
  private readonly inPlace: StartsInPlace;
  private readonly findHomes: (pipeline: Pipeline) => Promise<Homes | undefined>;

  constructor(
    private readonly client: Client,
    private readonly options: PipelineClientOptions = {},
  ) {
    this.deliveries = new Deliveries(client, options.taskQueue ?? 'pipelines', options.settings);
    this.jobs = new JobList(client);
    this.inPlace = new StartsInPlace(client);
    this.findHomes = createHomesReader(client, options.taskQueue ?? 'pipelines');
  }

  /**
   * Checks a pipeline as `start` does, and starts nothing.
   *
   * @param document anything that was parsed from JSON
   * @param reuse as in the options of `start`
   * @returns what `start` takes without another check
   * @throws PipelineError `InvalidPipeline`
   */
  check(document: unknown, reuse?: Reuse): CheckedPipeline {
    const outputs = reuse?.nodes.map((nodeName) => ({ nodeName }));
    this.checkedSettings ??= parseSettings(this.options.settings);
    const limits = { ...this.checkedSettings, ...(outputs && { outputs }) };
    const { pipeline, plans } = parsePipeline(document, limits);
    return new CheckedPipeline(pipeline, plans);
  }

  /** The same of a pipeline that is stored: what it reads of its flow input may come when it is started. */
  parseDefinition(document: unknown): Pipeline {
    return parseDefinition(document, parseSettings(this.options.settings)).pipeline;
  }

  /**
   * Checks a pipeline and starts it.
   *
   * @throws PipelineError `InvalidPipeline`, `Conflict` where the key was used with another pipeline, `LimitReached` where as
   * many jobs of it run as may (`concurrentPipelines`), `WrongState` where a job whose outputs it reads does not have them, or
   * `Unavailable` where a large value can not be written or nobody answers; then nothing was started
   */
  async start(
    document: Pipeline | CheckedPipeline,
    { idempotencyKey, request, types = ['raw'], origin, reuse, written, ...given }: StartOptions = {},
  ): Promise<JobHandle> {
    const { pipeline, plans } = document instanceof CheckedPipeline ? document : this.check(document, reuse);
    homesCheck(given.homes ?? {}, 'settings.homes');
    const text = JSON.stringify(pipeline);
    const jobId = idempotencyKey === undefined ? `${pipeline.name}:${v4()}` : keyedJobId(pipeline.name, idempotencyKey);
    const digest = createHash('sha256')
      .update(text)
      .update(reuse?.jobId ?? '')
      .digest('hex');
    const [searchable, homes] = await Promise.all([this.isSearchable(), given.homes ?? this.findHomes(pipeline)]);
    const { settings, dataUrl, blobs, taskQueue = 'pipelines' } = this.options;
    const limit = pipeline.options?.concurrentPipelines;
    // What a start does besides is not done twice.
    const isMore =
      limit !== undefined || reuse !== undefined || (blobs !== undefined && text.length > MAX_INLINE_BYTES);
    const isRepeated = isMore && idempotencyKey !== undefined ? await this.isStarted(jobId, digest) : false;
    if (isRepeated) return this.getHandle(jobId);
    const keeping = { blobs, jobId, namespaceId: () => this.namespaceId(this.client), plans };
    const { light, flowInput } = await lighten(pipeline, digest, keeping);
    const outputs = reuse && (await takeOutputs(this.getHandle(reuse.jobId), reuse.nodes, keeping));
    const memo = {
      ...(idempotencyKey !== undefined && { [DIGEST]: digest }),
      ...(idempotencyKey !== undefined && request !== undefined && { [REQUEST]: digestOf(request) }),
      ...(origin !== undefined && { [PARENT]: origin.parentJobId }),
      ...(written !== undefined && { [WRITTEN]: written }),
    };
    const options: WorkflowStartOptions = {
      workflowId: jobId,
      // Also once the job has ended, for as long as Temporal retains it.
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // Any memo costs the server a twelfth of a start.
      ...(Object.keys(memo).length > 0 && { memo }),
      taskQueue,
      args: [
        light,
        {
          version: LATEST_VERSION,
          ...settings,
          ...(flowInput !== undefined && { flowInput }),
          ...(outputs !== undefined && { outputs }),
          ...(dataUrl !== undefined && { dataUrl: dataUrl(jobId) }),
          ...(homes !== undefined && { homes }),
          ...(given.triggeredBy !== undefined && { triggeredBy: given.triggeredBy }),
        },
      ],
      staticSummary: pipeline.description ?? `pipeline ${pipeline.name}`,
      priority: { priorityKey: pipeline.priority ?? DEFAULTS.priority, fairnessKey: pipeline.name.slice(0, 64) },
      ...(searchable && {
        typedSearchAttributes: searchAttributesOf(pipeline, types, origin, { version: LATEST_VERSION, ...settings }),
      }),
    };
    const begin = () => within(this.client, START_WITHIN_MS, () => this.client.workflow.start(RUN_PIPELINE, options));
    try {
      // Last, as a place is held for a job that is about to start.
      await (limit === undefined ? begin() : this.inPlace.run({ jobId, taskQueue, pipeline }, limit, begin));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Without a key nobody else has its id: an earlier call of this very start has come through.
      if (idempotencyKey !== undefined) await this.isStarted(jobId, digest);
    }
    return this.getHandle(jobId);
  }

  /**
   * What was started by a key and a request already, though what is stored may have changed since.
   *
   * @param name of the pipeline
   * @returns undefined where nothing was, or by another request
   */
  async findStarted(name: string, idempotencyKey: string, request: unknown): Promise<JobHandle | undefined> {
    const jobId = keyedJobId(name, idempotencyKey);
    return (await this.memoOf(jobId))?.[REQUEST] === digestOf(request) ? this.getHandle(jobId) : undefined;
  }

  /** @throws PipelineError `Conflict` where it is another pipeline's */
  private async isStarted(jobId: string, digest: string): Promise<boolean> {
    const memo = await this.memoOf(jobId);
    if (memo === undefined || memo[DIGEST] === digest) return memo !== undefined;
    throw new PipelineError('Conflict', 'the key was used with another pipeline');
  }

  /** @returns undefined where there is no such job */
  private async memoOf(jobId: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      return (await describeJob(this.client, jobId)).memo ?? {};
    } catch (error) {
      if (error instanceof PipelineError && error.code === 'NotFound') return undefined;
      throw error;
    }
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
    this.searchable ??= within(this.client, START_WITHIN_MS, () => this.missingSearchAttributes()).then(
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

function digestOf(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
