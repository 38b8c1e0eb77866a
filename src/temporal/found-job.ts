/** A job that a search has found: what visibility tells of it, and the rest as it is asked for. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import type { JobStatus, ProgressBody } from '../domain/events';
import type { JobRecord } from '../domain/job-record';
import { PIPELINE_ROOT, PIPELINE_STATUS } from '../../workflows/search-attributes';
import { closedRecord, lastKnownStatus, pipelineOf } from './jobs';
import { readStartedJob, type StartedJob } from './started-job';

/** A job that a search has found. Where Temporal has forgotten it meanwhile a call throws a PipelineError `NotFound`. */
export class FoundJob {
  private closed: Promise<JobRecord> | undefined;
  private start: Promise<StartedJob> | undefined;

  constructor(
    private readonly client: Client,
    private readonly run: WorkflowExecutionInfo,
  ) {}

  /** `<pipeline name>:<uuid>`. */
  get jobId(): string {
    return this.run.workflowId;
  }

  /** Of its pipeline. */
  get pipelineName(): string {
    return pipelineOf(this.run.workflowId);
  }

  /** Whether it has ended, and will not change any more. */
  get isEnded(): boolean {
    return this.run.status.name !== 'RUNNING';
  }

  /** As far as visibility tells: one that was terminated or timed out has failed. */
  get knownStatus(): JobStatus {
    const said = this.run.typedSearchAttributes.get(PIPELINE_STATUS) as JobStatus | undefined;
    if (!this.isEnded) return said ?? 'pending';
    return this.run.status.name === 'COMPLETED' ? (said ?? 'completed') : 'failed';
  }

  /** When it was submitted: milliseconds since 1970, UTC. */
  async startTime(): Promise<number> {
    const { raw, runId, startTime } = this.run;
    // A run that continues another has a start of its own.
    return raw.firstRunId === runId ? startTime.getTime() : (await this.started()).startTime;
  }

  /** Milliseconds since 1970, UTC; undefined while it runs. */
  get closeTime(): number | undefined {
    return this.run.closeTime?.getTime();
  }

  /** The job at the root of its tree, where another has started it. */
  get rootJobId(): string | undefined {
    return this.run.typedSearchAttributes.get(PIPELINE_ROOT);
  }

  /** Its status body; while it runs without counts, as its worker is not asked. */
  async status(): Promise<ProgressBody> {
    return this.isEnded ? (await this.record()).status : lastKnownStatus(this.run);
  }

  /** How it has ended; undefined while it runs. A result that lies in blobs has references instead of most of its data. */
  async ending(): Promise<JobRecord['results'] | undefined> {
    return this.isEnded ? (await this.record()).results : undefined;
  }

  /** What it was started with; without a flow input that lies in a blob. */
  started(): Promise<StartedJob> {
    this.start ??= this.known(readStartedJob(this.client, this.run));
    return this.start;
  }

  private record(): Promise<JobRecord> {
    this.closed ??= this.known(closedRecord(this.client, this.run));
    return this.closed;
  }

  /** Visibility remembers a run for a little longer than Temporal does itself. */
  private async known<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      const isGone = isGrpcServiceError(error) && (error.code as number) === NOT_FOUND;
      if (!isGone && !(error instanceof WorkflowNotFoundError)) throw error;
      throw new PipelineError('NotFound', `job ${this.jobId} Not Found`);
    }
  }
}

const NOT_FOUND = 5;
