/** Running jobs by what they are, as Temporal's visibility lists them. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { isJob, JOB_ATTRIBUTES, matching, oneOf, type JobCriteria } from './job-conditions';
import { search } from './list-page';
import { withAll } from './untold-criteria';

/**
 * Visibility is a moment behind: a job that was started or has ended just now may be missing, or still be there.
 *
 * @returns job ids, newest first
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
 */
export async function findJobs(client: Client, criteria: JobCriteria): Promise<string[]> {
  const { statuses } = criteria;
  const conditions = [...isJob(), `ExecutionStatus = 'Running'`, ...matching(criteria)];
  // It counts only while the job runs: a terminated one keeps its last.
  if (statuses !== undefined) conditions.push(oneOf(PIPELINE_STATUS.name, statuses));
  const query = conditions.join(' AND ');
  const found: WorkflowExecutionInfo[] = [];
  for await (const run of search(client, { what: 'jobs', query, attributes: JOB_ATTRIBUTES })) found.push(run);
  return (await withAll(client, found, criteria)).map(({ workflowId }) => workflowId);
}
