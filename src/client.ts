/** Starts and steers jobs on any Temporal (contract §11). The facade is built on it. */
import { randomUUID } from 'node:crypto';
import {
  Connection,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { invalid, PipelineError } from './domain/errors';
import type { JobRecord, ProgressBody, ResultBody } from './domain/events';
import { DEFAULTS, type Pipeline } from './domain/pipeline';
import type { JobSettings } from './domain/settings';
import { parsePipeline } from './domain/validate';
import { closedRecord, describeJob, lastKnownStatus } from './temporal/jobs';
import { control, queryWithin } from './temporal/messages';
import { missingSearchAttributes } from './temporal/search-attributes';
import { RUN_PIPELINE, statusQuery } from '../workflows/messages';
import { PIPELINE_NAME, PIPELINE_STATUS, PIPELINE_TAGS, PIPELINE_TYPES } from '../workflows/search-attributes';

export interface PipelineClientOptions {
  /** Of the workers that run the pipelines. @default 'pipelines' */
  readonly taskQueue?: string;
  /** What every job of this client is started with. @default see `JobSettings` */
  readonly settings?: Partial<JobSettings>;
}

/** The largest pipeline that fits into a workflow's arguments: Temporal refuses a payload over 2 MiB. */
const MAX_PIPELINE_BYTES = 1_900_000;

export class PipelineClient {
  private searchable: Promise<boolean> | undefined;

  constructor(
    private readonly client: Client,
    private readonly options: PipelineClientOptions = {},
  ) {}

  /**
   * Checks a pipeline and starts it.
   *
   * @throws PipelineError `InvalidPipeline`; then nothing was started
   */
  async start(document: Pipeline): Promise<JobHandle> {
    const { pipeline } = parsePipeline(document);
    const bytes = Buffer.byteLength(JSON.stringify(pipeline));
    if (bytes > MAX_PIPELINE_BYTES) {
      throw invalid(`data should NOT be larger than ${String(MAX_PIPELINE_BYTES)} bytes, it has ${String(bytes)}`);
    }
    const jobId = `${pipeline.name}:${randomUUID()}`;
    const searchable = await this.isSearchable();
    const options: WorkflowStartOptions = {
      workflowId: jobId,
      taskQueue: this.options.taskQueue ?? 'pipelines',
      args: [pipeline, this.options.settings ?? {}],
      staticSummary: pipeline.description ?? `pipeline ${pipeline.name}`,
      priority: { priorityKey: pipeline.priority ?? DEFAULTS.priority, fairnessKey: pipeline.name.slice(0, 64) },
      ...(searchable && {
        typedSearchAttributes: [
          { key: PIPELINE_NAME, value: pipeline.name },
          { key: PIPELINE_STATUS, value: 'pending' },
          { key: PIPELINE_TAGS, value: [...(pipeline.tags ?? [])] },
          { key: PIPELINE_TYPES, value: ['raw'] },
        ],
      }),
    };
    await this.client.workflow.start(RUN_PIPELINE, options);
    return this.getHandle(jobId);
  }

  /** Does not ask whether there is such a job: the handle's calls do. */
  getHandle(jobId: string): JobHandle {
    return new JobHandle(this.client, jobId);
  }

  /** Names of search attributes that the namespace lacks; jobs run without, and can't be searched for. */
  async missingSearchAttributes(): Promise<string[]> {
    const { connection, options } = this.client;
    if (!(connection instanceof Connection)) return [];
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

/** Long enough for a worker under load, and within the contract's two seconds. */
const STATUS_WAIT_MS = 1_500;

/** One job. Every call throws PipelineError `NotFound` where there is no such job, `Unavailable` where nobody answers. */
export class JobHandle {
  constructor(
    private readonly client: Client,
    readonly jobId: string,
  ) {}

  /** What a debug subscriber would have got last; with no worker alive, what the server knows. */
  async status(): Promise<ProgressBody> {
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return (await closedRecord(this.client, description)).status;
    const body = await queryWithin(this.client, this.jobId, statusQuery, STATUS_WAIT_MS);
    return body ?? lastKnownStatus(description);
  }

  /** @throws PipelineError `WrongState` while the job runs */
  async results(): Promise<ResultBody> {
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return (await closedRecord(this.client, description)).results;
    const { pipeline, status } = await this.status();
    throw new PipelineError(
      'WrongState',
      `unable to get results for pipeline ${pipeline} because its in ${status} status`,
    );
  }

  /** Waits for the end of the job, however it ends. */
  async result(): Promise<ResultBody> {
    const handle = this.client.workflow.getHandle<() => Promise<JobRecord>>(this.jobId);
    // How it ended is read from its record; that it failed is no failure of this call.
    await handle.result().catch(() => undefined);
    return this.results();
  }

  /** @param reason told to the receivers; default `stopped due to request` */
  stop(reason?: string): Promise<ProgressBody> {
    return this.control('stop', reason);
  }

  pause(): Promise<ProgressBody> {
    return this.control('pause');
  }

  resume(): Promise<ProgressBody> {
    return this.control('resume');
  }

  private async control(verb: 'stop' | 'pause' | 'resume', reason?: string): Promise<ProgressBody> {
    const description = await this.describe();
    if (description.status.name === 'RUNNING') {
      const answer = await control(this.client, this.jobId, verb, reason);
      if (answer !== 'closed') return answer;
    }
    const { pipeline, status } = await this.status();
    throw new PipelineError('WrongState', `unable to ${verb} pipeline ${pipeline} because its in ${status} status`);
  }

  private describe(): Promise<WorkflowExecutionDescription> {
    return describeJob(this.client, this.jobId);
  }
}
