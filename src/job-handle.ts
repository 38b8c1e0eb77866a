/** One job, steered from outside (contract §11). */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { BlobStore } from './blobs/blobs';
import { JobResults } from './blobs/job-results';
import type { WebhookKind } from './domain/delivery';
import { PipelineError } from './domain/errors';
import { withFlowInput } from './blobs/flow-input';
import { TERMINAL_STATUSES, type ProgressBody, type ResultBody } from './domain/events';
import type { JobRecord } from './domain/job-record';
import { closedRecord, describeJob, lastKnownStatus, isRecord } from './temporal/jobs';
import { control, queryWithin } from './temporal/messages';
import { readStartedJob, readSubmission, type StartedJob } from './temporal/started-job';
import { readWebhookOutcome, type WebhookOutcome } from './temporal/webhook-outcomes';
import { resultPartsQuery, resultsQuery, statusQuery } from '../workflows/messages';

/** Long enough for a worker under load, and within the contract's two seconds. */
const STATUS_WAIT_MS = 1_500;
/** A job's worker may be at work on what the job has ended with. */
const RESULTS_WAIT_MS = 10_000;

/**
 * One job. Every call throws {@link PipelineError}: `NotFound` where there is no such job, `Unavailable` where nobody answers.
 */
export class JobHandle {
  constructor(
    private readonly client: Client,
    /** `<pipeline name>:<uuid>`, also the id of the job's workflow. */
    readonly jobId: string,
    private readonly blobs?: BlobStore,
  ) {}

  /** What a debug subscriber would have got last; with no worker alive, what the server knows. */
  async status(): Promise<ProgressBody> {
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return (await closedRecord(this.client, description)).status;
    const body = await queryWithin(this.client, this.jobId, statusQuery, STATUS_WAIT_MS);
    return body ?? lastKnownStatus(description);
  }

  /**
   * The result body of a job that has ended, with all results.
   *
   * @throws PipelineError `WrongState` while the job runs
   */
  async results(): Promise<ResultBody> {
    return (await this.ended()).body();
  }

  /**
   * The same where they may be many: they are read as they are asked for.
   *
   * @throws PipelineError `WrongState` while the job runs
   */
  async ended(): Promise<JobResults> {
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return await this.closedResults(description);
    // A job that has ended may still be handing its webhooks over.
    const results = await queryWithin(this.client, this.jobId, resultsQuery, STATUS_WAIT_MS);
    if (results != null) return await this.openResults(results);
    const { pipeline, status } = await this.status();
    if (TERMINAL_STATUSES.includes(status)) return await this.finalResults();
    throw new PipelineError(
      'WrongState',
      `unable to get results for pipeline ${pipeline} because its in ${status} status`,
    );
  }

  /** Of a job that has ended while its workflow is still at work, with large results or with no worker. */
  private async finalResults(): Promise<JobResults> {
    const results = await queryWithin(this.client, this.jobId, resultsQuery, RESULTS_WAIT_MS);
    if (results != null) return await this.openResults(results);
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return await this.closedResults(description);
    throw new PipelineError('Unavailable', `no worker told the results of ${this.jobId} in time`);
  }

  private async closedResults(description: WorkflowExecutionDescription): Promise<JobResults> {
    return new JobResults(await closedRecord(this.client, description), this.blobs);
  }

  private async openResults(results: ResultBody): Promise<JobResults> {
    if (results.data?.some(({ info }) => info !== undefined) !== true) return new JobResults({ results }, this.blobs);
    const parts = await queryWithin(this.client, this.jobId, resultPartsQuery, RESULTS_WAIT_MS);
    if (parts === undefined) {
      throw new PipelineError('Unavailable', `no worker told the results of ${this.jobId} in time`);
    }
    return new JobResults({ results, ...(parts !== null && { parts }) }, this.blobs);
  }

  /** When it was submitted, in milliseconds since 1970, UTC. */
  async startTime(): Promise<number> {
    return await readSubmission(this.client, await this.describe());
  }

  /** What it was started with. Needs no worker. */
  async started(): Promise<StartedJob> {
    const { pipeline, flowInput, ...rest } = await readStartedJob(this.client, await this.describe());
    return { pipeline: await withFlowInput(pipeline, flowInput, this.blobs), ...rest };
  }

  /** How its webhook of that kind was answered last; undefined where no attempt has finished. */
  async webhook(kind: WebhookKind): Promise<WebhookOutcome | undefined> {
    await this.describe();
    return await readWebhookOutcome(this.client, this.jobId, kind);
  }

  /**
   * Waits for the end of the job, however it ends. A job that failed or was stopped is no failure of this call: look at
   * `status`, and at `error`, `nodeName` and `failures` or `reason`.
   */
  async result(): Promise<ResultBody> {
    return (await this.untilEnded()).body();
  }

  /** The same where the results may be many: they are read as they are asked for. */
  async untilEnded(): Promise<JobResults> {
    const handle = this.client.workflow.getHandle<() => Promise<JobRecord>>(this.jobId);
    // That it failed is no failure of this call; how it failed, or that it is no job at all, is read like any other's.
    const record: unknown = await handle.result().catch(() => undefined);
    return isRecord(record) ? new JobResults(record, this.blobs) : await this.ended();
  }

  /**
   * Stops the job: running algorithms are canceled, tasks that have not finished become `stopped`.
   *
   * @param reason told to the receivers; default `stopped due to request`
   * @returns the status after it
   * @throws PipelineError `WrongState` where the job has ended, `Unavailable` where no worker took it within 10 s
   */
  stop(reason?: string): Promise<ProgressBody> {
    return this.control('stop', reason);
  }

  /**
   * Lets the items in hand finish and begins no other until {@link JobHandle.resume}.
   *
   * @returns the status after it
   * @throws PipelineError `WrongState` where the job is paused already or has ended, `Unavailable` as `stop`
   */
  pause(): Promise<ProgressBody> {
    return this.control('pause');
  }

  /**
   * Goes on with a paused job.
   *
   * @returns the status after it
   * @throws PipelineError `WrongState` where the job is not paused, `Unavailable` as `stop`
   */
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
