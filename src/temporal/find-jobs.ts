/** Running jobs by what they are, as Temporal's visibility lists them. */
import type { Client } from '@temporalio/client';
import type { JobStatus } from '../domain/events';
import { RUN_PIPELINE } from '../../workflows/messages';
import {
  PIPELINE_ALGORITHMS,
  PIPELINE_EXPERIMENT,
  PIPELINE_NAME,
  PIPELINE_STATUS,
  PIPELINE_TYPES,
} from '../../workflows/search-attributes';
import type { JobType } from './started-job';
import { quote, quoteTime, search } from './visibility';

/** What a job must match; what is not given, all match. */
export interface JobCriteria {
  /** Of this pipeline alone. Default: of any. */
  readonly pipelineName?: string;
  /** With this algorithm among its own. Default: with any. */
  readonly algorithmName?: string;
  /** Of this experiment alone. Default: of any. */
  readonly experimentName?: string;
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
  const attributes = [PIPELINE_NAME, PIPELINE_STATUS, PIPELINE_TYPES, PIPELINE_ALGORITHMS, PIPELINE_EXPERIMENT];
  const jobIds: string[] = [];
  for await (const { workflowId } of search(client, { what: 'jobs', query: queryOf(criteria), attributes })) {
    jobIds.push(workflowId);
  }
  return jobIds;
}

/** The status attribute counts only while the job runs: a terminated one keeps its last. */
function queryOf({ pipelineName, algorithmName, experimentName, statuses, type, from, to }: JobCriteria): string {
  const conditions = [`WorkflowType = ${quote(RUN_PIPELINE)}`, `ExecutionStatus = 'Running'`];
  if (pipelineName !== undefined) conditions.push(`${PIPELINE_NAME.name} = ${quote(pipelineName)}`);
  if (algorithmName !== undefined) conditions.push(`${PIPELINE_ALGORITHMS.name} = ${quote(algorithmName)}`);
  if (experimentName !== undefined) conditions.push(`${PIPELINE_EXPERIMENT.name} = ${quote(experimentName)}`);
  if (statuses !== undefined) conditions.push(`${PIPELINE_STATUS.name} IN (${statuses.map(quote).join(', ')})`);
  if (type !== undefined) conditions.push(`${PIPELINE_TYPES.name} = ${quote(type)}`);
  if (from !== undefined) conditions.push(`StartTime >= ${quoteTime(from)}`);
  if (to !== undefined) conditions.push(`StartTime <= ${quoteTime(to)}`);
  return conditions.join(' AND ');
}
