/** A job as the Temporal server knows it, with no worker asked. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { PipelineError } from '../domain/errors';
import { formatTimestamp, type JobStatus, type ProgressBody } from '../domain/events';
import type { JobRecord } from '../domain/job-record';
import { endedOutside, outsideError, recordOf } from '../domain/outside';
import { within } from './deadline';
import { readHandedOver, readToldResult } from './handed-over';
import { readOwnAttempts } from './own-attempts';
import { readStart, type KnownRun } from './started-job';
import { RUN_PIPELINE } from '../../workflows/messages';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';

/** A server that is away is told of within two seconds (contract §8); the client by itself tries for a minute. */
const ANSWER_WITHIN_MS = 1_800;

/** @throws PipelineError `NotFound` where there is no such workflow, or it is no job */
export async function describeJob(client: Client, jobId: string): Promise<WorkflowExecutionDescription> {
  const notFound = new PipelineError('NotFound', `status ${jobId} Not Found`);
  if (!canBeId(jobId)) throw notFound;
  try {
    const description = await within(client, ANSWER_WITHIN_MS, () => client.workflow.getHandle(jobId).describe());
    if (description.type !== RUN_PIPELINE) throw notFound;
    return description;
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? notFound : error;
  }
}

/** What no workflow can be called need not be asked for: the server refuses some, and the client tries others for a minute. */
function canBeId(id: string): boolean {
  return id !== '' && id.length <= 1_000 && Buffer.from(id).toString() === id;
}

/** `<pipeline name>:<uuid>`; a name may hold colons itself. */
export function pipelineOf(jobId: string): string {
  const end = jobId.lastIndexOf(':');
  return end < 0 ? jobId : jobId.slice(0, end);
}

/** The status of a running job from its search attribute: no counts, as only the workflow has them. */
export function lastKnownStatus(description: KnownRun): ProgressBody {
  const status = description.typedSearchAttributes.get(PIPELINE_STATUS) as JobStatus | undefined;
  return {
    jobId: description.workflowId,
    timestamp: formatTimestamp(description.startTime.getTime()),
    pipeline: pipelineOf(description.workflowId),
    level: 'info',
    status: status ?? 'pending',
  };
}

/** Both bodies of a job that has ended: its workflow's own, or those of one that was ended from outside. */
export async function closedRecord(client: Client, description: KnownRun): Promise<JobRecord> {
  const ending = await readEnding(client, description);
  if (ending.own !== undefined) return ending.own;
  const { workflowId, runId } = description;
  const { firstRunId } = await readStart(client, { workflowId, runId });
  const [handed, attempts] = await Promise.all([
    readHandedOver(client, workflowId, firstRunId, 'result'),
    readOwnAttempts(client, description, firstRunId),
  ]);
  const results = await readToldResult(client, description, firstRunId, handed, attempts);
  return results === undefined ? outsideRecord(description, ending.error) : recordOf(results);
}

/** How a job has ended: by its own account, or by what ended it from outside. */
export type Ending =
  | { readonly own: JobRecord; readonly error?: undefined }
  /** `refused`: it was started without a place among those that may run, and never was a job. */
  | { readonly own?: undefined; readonly error: string; readonly refused?: true };

/** By the last event of its history. */
export async function readEnding(client: Client, description: KnownRun): Promise<Ending> {
  const { workflowId, runId, status } = description;
  try {
    return { own: await client.workflow.getHandle<() => Promise<JobRecord>>(workflowId, runId).result() };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    if (isRecord(details)) return { own: details };
    const isRefused = cause instanceof ApplicationFailure && cause.type === 'LimitReached';
    return { error: outsideError(status.name, reasonOf(cause)), ...(isRefused && { refused: true }) };
  }
}

/** Whether a workflow has answered what a job does. */
export function isRecord(value: unknown): value is JobRecord {
  return typeof value === 'object' && value !== null && 'status' in value && 'results' in value;
}

/** What the SDK and the server say where nobody has given a reason. */
const NO_REASONS: readonly string[] = ['Workflow execution terminated', 'terminated by user via frontend'];

function reasonOf(cause: Error | undefined): string | undefined {
  if (cause === undefined || cause instanceof TimeoutFailure || NO_REASONS.includes(cause.message)) return undefined;
  return cause.message;
}

/** Both bodies of a job that has told nobody how it ended. */
export function outsideRecord(
  { workflowId, closeTime }: Pick<KnownRun, 'workflowId' | 'closeTime'>,
  error: string,
): JobRecord {
  return endedOutside(workflowId, pipelineOf(workflowId), (closeTime ?? new Date(0)).getTime(), error);
}
