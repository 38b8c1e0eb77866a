/** A job as the Temporal server knows it, with no worker asked. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { PipelineError } from '../domain/errors';
import { compact, formatTimestamp, type JobRecord, type JobStatus, type ProgressBody } from '../domain/events';
import { within } from './deadline';
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
function pipelineOf(jobId: string): string {
  const end = jobId.lastIndexOf(':');
  return end < 0 ? jobId : jobId.slice(0, end);
}

/** The status of a running job from its search attribute: no counts, as only the workflow has them. */
export function lastKnownStatus(description: WorkflowExecutionDescription): ProgressBody {
  const status = description.typedSearchAttributes.get(PIPELINE_STATUS) as JobStatus | undefined;
  return {
    jobId: description.workflowId,
    timestamp: formatTimestamp(description.startTime.getTime()),
    pipeline: pipelineOf(description.workflowId),
    level: 'info',
    status: status ?? 'pending',
  };
}

/** Both bodies of a job that has ended: its workflow's own, or made up for one that was ended from outside. */
export async function closedRecord(client: Client, description: WorkflowExecutionDescription): Promise<JobRecord> {
  const handle = client.workflow.getHandle<() => Promise<JobRecord>>(description.workflowId, description.runId);
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    return isRecord(details) ? details : endedOutside(description, cause?.message);
  }
}

function isRecord(value: unknown): value is JobRecord {
  return typeof value === 'object' && value !== null && 'status' in value && 'results' in value;
}

/** Terminated, timed out, or refused by the workflow's own check of its pipeline. */
function endedOutside(
  { workflowId: jobId, status, closeTime }: WorkflowExecutionDescription,
  cause: string | undefined,
): JobRecord {
  const timestamp = formatTimestamp((closeTime ?? new Date(0)).getTime());
  const pipeline = pipelineOf(jobId);
  const error =
    status.name === 'FAILED' && cause !== undefined
      ? cause
      : `the job was ${ENDINGS[status.name] ?? 'ended'} from outside`;
  return {
    status: { jobId, timestamp, pipeline, level: 'critical', status: 'failed', error },
    results: compact<JobRecord['results']>({
      jobId,
      timestamp,
      pipeline,
      status: 'failed',
      error,
      data: undefined,
      nodeName: undefined,
      failures: [],
      reason: undefined,
    }),
  };
}

const ENDINGS: Partial<Record<string, string>> = {
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
  CANCELLED: 'canceled',
};
