/** The jobs that started each other, as a tree. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import { PIPELINE_ROOT } from '../../workflows/search-attributes';
import { isJob } from './job-conditions';
import { describeJob, pipelineOf } from './jobs';
import { PARENT } from './started-job';
import { search } from './list-page';
import { quote } from './visibility';

/** A job and those that it has started. */
export interface JobTree {
  /** `<pipeline name>:<uuid>`. */
  readonly jobId: string;
  /** Of its pipeline. */
  readonly name: string;
  /** In the order of their starts. */
  readonly children: readonly JobTree[];
}

interface Branch extends JobTree {
  readonly children: Branch[];
}

/** More is no tree that anybody looks at: the first of them are told. */
const MOST = 10_000;

/**
 * The whole tree that a job is in. Visibility is a moment behind: one that was started just now may be missing.
 *
 * @throws PipelineError `NotFound` where there is no such job, or it stands alone; `Unavailable` where the namespace lacks our search
 * attributes
 */
export async function readTree(client: Client, jobId: string): Promise<JobTree> {
  const job = await describeJob(client, jobId);
  const rootJobId = job.typedSearchAttributes.get(PIPELINE_ROOT) ?? jobId;
  const query = [...isJob(), `${PIPELINE_ROOT.name} = ${quote(rootJobId)}`].join(' AND ');
  const found: WorkflowExecutionInfo[] = [];
  for await (const run of search(client, { what: 'jobs', query, attributes: [PIPELINE_ROOT] })) {
    if (found.push(run) === MOST) break;
  }
  if (found.length === 0 && rootJobId === jobId) throw new PipelineError('NotFound', `tree ${jobId} Not Found`);
  found.sort((one, other) => one.startTime.getTime() - other.startTime.getTime());
  // A job that was reset has several runs.
  const runs = new Map(found.map((run) => [run.workflowId, run]));
  runs.delete(rootJobId);
  const branches = new Map([rootJobId, ...runs.keys()].map((id) => [id, branchOf(id)]));
  const root = branches.get(rootJobId) ?? branchOf(rootJobId);
  for (const [id, { memo }] of runs) {
    const branch = branches.get(id);
    // Whose parent Temporal has forgotten hangs on the root.
    const parent = branches.get(String(memo?.[PARENT])) ?? root;
    if (branch !== undefined) parent.children.push(branch);
  }
  return root;
}

function branchOf(jobId: string): Branch {
  return { jobId, name: pipelineOf(jobId), children: [] };
}
