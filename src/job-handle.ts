/** One job, steered from outside (contract §11). */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { BlobStore } from './blobs/blobs';
import { JobResults, type ResultData } from './blobs/job-results';
import type { WebhookKind } from './domain/delivery';
import { PipelineError } from './domain/errors';
import { flowInputText, withFlowInput } from './blobs/flow-input';
import { TERMINAL_STATUSES, type FailedTask, type ProgressBody, type ResultBody } from './domain/events';
import type { GivenOutput } from './domain/given-output';
import { planNodes } from './domain/graph';
import type { JobAction } from './domain/job-actions';
import { statesOfEnding } from './domain/job-ending';
import { toGraph, type ItemQuery, type JobGraph } from './domain/job-graph';
import type { JobRecord } from './domain/job-record';
import { budgetOf } from './temporal/deadline';
import { closedRecord, describeJob, lastKnownStatus, isRecord, readEnding } from './temporal/jobs';
import { control, queryWithin } from './temporal/messages';
import { readStartedJob, readSubmission, type StartedJob } from './temporal/started-job';
import { readWebhookOutcome, type WebhookOutcome } from './temporal/webhook-outcomes';
import {
  actionsQuery,
  graphQuery,
  outputsQuery,
  resultPartsQuery,
  resultsQuery,
  statusQuery,
} from '../workflows/messages';

/** Long enough for a worker under load. */
const STATUS_WAIT_MS = 1_500;
/** Contract §8: two seconds, of which the way to the caller needs some. */
const STATUS_WITHIN_MS = 1_800;
/** Beside the look at what the job was started with, within two seconds. */
const GRAPH_WAIT_MS = 1_000;
/** A job's worker may be at work on what the job has ended with. As for control calls: nobody waits for ten seconds. */
const RESULTS_WITHIN_MS = 8_500;
/** What the last look at the job takes at most, after its worker has told nothing. */
const LAST_LOOK_MS = 1_800;

/** A long history takes its time. */
const OUTPUTS_WAIT_MS = 30_000;
/** What was done to a job, and when. */
export interface AuditEntry {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** `run` is its start. */
  readonly action: JobAction['action'] | 'run';
  /** Only of a stop. */
  readonly reason?: string;
}

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
    const left = budgetOf(STATUS_WITHIN_MS);
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return (await closedRecord(this.client, description)).status;
    const body = await queryWithin(this.client, this.jobId, statusQuery, left(STATUS_WAIT_MS));
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
    const left = budgetOf(RESULTS_WITHIN_MS);
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return await this.closedResults(description);
    // A job that has ended may still be handing its webhooks over.
    const results = await queryWithin(this.client, this.jobId, resultsQuery, left(STATUS_WAIT_MS));
    if (results != null) return await this.openResults(results, left());
    const now = await this.describe();
    if (now.status.name !== 'RUNNING') return await this.closedResults(now);
    // Only a worker that has answered is asked for more.
    const { pipeline, status } = results === null ? await this.status() : lastKnownStatus(now);
    if (TERMINAL_STATUSES.includes(status)) return await this.finalResults(left);
    throw new PipelineError(
      'WrongState',
      `unable to get results for pipeline ${pipeline} because its in ${status} status`,
    );
  }

  /** Of a job that has ended while its workflow is still at work, with large results or with no worker. */
  private async finalResults(left: () => number): Promise<JobResults> {
    const waitMs = Math.max(0, left() - LAST_LOOK_MS);
    const results = await queryWithin(this.client, this.jobId, resultsQuery, waitMs);
    if (results != null) return await this.openResults(results, left());
    const description = await this.describe();
    if (description.status.name !== 'RUNNING') return await this.closedResults(description);
    throw new PipelineError('Unavailable', `no worker told the results of ${this.jobId} in time`);
  }

  private async closedResults(description: WorkflowExecutionDescription): Promise<JobResults> {
    return new JobResults(await closedRecord(this.client, description), this.blobs);
  }

  private async openResults(results: ResultBody, waitMs: number): Promise<JobResults> {
    if (results.data?.some(({ info }) => info !== undefined) !== true) return new JobResults({ results }, this.blobs);
    const parts = await queryWithin(this.client, this.jobId, resultPartsQuery, waitMs);
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
    const { flowInput: stored, ...job } = await readStartedJob(this.client, await this.describe());
    if (stored === undefined) return job;
    const pipeline = await withFlowInput(job.pipeline, stored, this.blobs);
    const { flowInput = null } = pipeline;
    return { ...job, pipeline, userPipeline: { ...job.userPipeline, flowInput } };
  }

  /**
   * What some of its nodes have put out, for a job that reads it. A job that has ended is replayed by a worker for it.
   *
   * @param nodeNames names of nodes that it has, or that it was given the outputs of
   * @returns in that order
   * @throws PipelineError `WrongState` where one has not ended, `Unavailable` where no worker told it within 30 s
   */
  async outputs(nodeNames: readonly string[]): Promise<GivenOutput[]> {
    if (nodeNames.length === 0) return [];
    const found = await queryWithin(this.client, this.jobId, outputsQuery, OUTPUTS_WAIT_MS, nodeNames);
    if (found === undefined) {
      throw new PipelineError('Unavailable', `no worker told the outputs of ${this.jobId} in time`);
    }
    return found.map((output, index) => {
      if (output !== null) return output;
      throw new PipelineError('WrongState', `node ${nodeNames[index] ?? ''} of ${this.jobId} has not finished`);
    });
  }

  /**
   * Its flow input, as it was sent. Needs no worker.
   *
   * @returns undefined where it has none
   */
  async flowInput(): Promise<ResultData | undefined> {
    const { pipeline, flowInput } = await readStartedJob(this.client, await this.describe());
    if (flowInput !== undefined) return { text: flowInputText(flowInput, this.blobs) };
    const { flowInput: value } = pipeline;
    return value === undefined || value === null ? undefined : { value };
  }

  /**
   * How its nodes stand, and the items of batches that are asked for, at most 1,000 of one node. Where it runs and no worker
   * tells in time, and where it was ended from outside, the nodes have no states.
   *
   * @throws PipelineError `NotFound` where there is no such node
   */
  async graph(query: ItemQuery = {}): Promise<JobGraph> {
    const description = await this.describe();
    const { pipeline, outside } = await readStartedJob(this.client, description);
    const plans = planNodes(pipeline, outside);
    const { node } = query;
    if (node !== undefined && plans.every(({ nodeName }) => nodeName !== node))
      throw new PipelineError('NotFound', `node ${node} Not Found`);
    if (description.status.name === 'RUNNING') {
      const now = await queryWithin(this.client, this.jobId, graphQuery, GRAPH_WAIT_MS, query);
      return toGraph(this.jobId, now?.at ?? description.startTime.getTime(), plans, now?.nodes, node);
    }
    const { results, ending } = await closedRecord(this.client, description);
    const states = ending && statesOfEnding(ending, plans, failedTasks(results), query);
    return toGraph(this.jobId, Date.parse(results.timestamp), plans, states, node);
  }

  /**
   * What people have done to it, the latest first; that it was started is the last.
   *
   * @throws PipelineError `Unavailable` where it runs and no worker tells in time
   */
  async auditTrail(): Promise<readonly AuditEntry[]> {
    const description = await this.describe();
    const run: AuditEntry = { at: await readSubmission(this.client, description), action: 'run' };
    const isRunning = description.status.name === 'RUNNING';
    const actions = isRunning
      ? await queryWithin(this.client, this.jobId, actionsQuery, STATUS_WAIT_MS)
      : ((await closedRecord(this.client, description)).actions ?? []);
    if (actions === undefined)
      throw new PipelineError('Unavailable', `no worker told the audit trail of ${this.jobId} in time`);
    return [run, ...actions].reverse();
  }

  /** How its webhook of that kind was answered last; undefined where no attempt has finished. */
  async webhook(kind: WebhookKind): Promise<WebhookOutcome | undefined> {
    const description = await this.describe();
    const { raw, runId, status } = description;
    // Refused, or ended from outside: only its deliveries may tell, and no worker can.
    const isMute = status.name !== 'RUNNING' && (await readEnding(this.client, description)).own === undefined;
    const firstRunId = raw.workflowExecutionInfo?.firstRunId ?? runId;
    return await readWebhookOutcome(this.client, { jobId: this.jobId, firstRunId, isMute }, kind);
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

/** Those of whose failure a result tells. */
function failedTasks({ data = [], failures = [] }: ResultBody): FailedTask[] {
  const tolerated = data.flatMap(({ nodeName, batchID, error }) =>
    error === undefined ? [] : [{ nodeName, ...(batchID !== undefined && { batchID }), error }],
  );
  return [...tolerated, ...failures];
}
