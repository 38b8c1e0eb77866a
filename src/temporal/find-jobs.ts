/** Running jobs by what they are, as Temporal's visibility lists them. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import type { JobStatus } from '../domain/events';
import { RUN_PIPELINE } from '../../workflows/messages';
import { PIPELINE_NAME, PIPELINE_STATUS, PIPELINE_TYPES } from '../../workflows/search-attributes';
import type { JobType } from './started-job';

/** What a job must match; what is not given, all match. */
export interface JobCriteria {
  /** Of this pipeline alone. Default: of any. */
  readonly pipelineName?: string;
  /** In one of these. Default: in any. */
  readonly statuses?: readonly JobStatus[];
  /** Started in this way. Default: in any. */
  readonly type?: JobType;
  /** Started then or later; milliseconds since 1970, UTC. */
  readonly from?: number;
  /** Started then or earlier; milliseconds since 1970, UTC. */
  readonly to?: number;
}

/**
 * Visibility is a moment behind: a job that was started or has ended just now may be missing, or still be there.
 *
 * @returns job ids, newest first
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
 */
export async function findJobs(client: Client, criteria: JobCriteria): Promise<string[]> {
  const jobIds: string[] = [];
  try {
    for await (const { workflowId } of client.workflow.list({ query: queryOf(criteria) })) jobIds.push(workflowId);
  } catch (error) {
    if (!isUnsearchable(error)) throw error;
    throw new PipelineError('Unavailable', 'jobs can not be searched for: the namespace lacks the search attributes', [
      PIPELINE_NAME.name,
      PIPELINE_STATUS.name,
      PIPELINE_TYPES.name,
    ]);
  }
  return jobIds;
}

/** The status attribute counts only while the job runs: a terminated one keeps its last. */
function queryOf({ pipelineName, statuses, type, from, to }: JobCriteria): string {
  const conditions = [`WorkflowType = ${quote(RUN_PIPELINE)}`, `ExecutionStatus = 'Running'`];
  if (pipelineName !== undefined) conditions.push(`${PIPELINE_NAME.name} = ${quote(pipelineName)}`);
  if (statuses !== undefined) conditions.push(`${PIPELINE_STATUS.name} IN (${statuses.map(quote).join(', ')})`);
  if (type !== undefined) conditions.push(`${PIPELINE_TYPES.name} = ${quote(type)}`);
  if (from !== undefined) conditions.push(`StartTime >= ${quote(new Date(from).toISOString())}`);
  if (to !== undefined) conditions.push(`StartTime <= ${quote(new Date(to).toISOString())}`);
  return conditions.join(' AND ');
}

/** Within a text of a query a backslash takes the meaning of what follows it away. */
export function quote(value: string): string {
  return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

const INVALID_ARGUMENT = 3;

/** Whether a list failed for want of search attributes: all else in our queries is right. */
export function isUnsearchable(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && (cause.code as number) === INVALID_ARGUMENT;
}
