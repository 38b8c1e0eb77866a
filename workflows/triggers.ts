/** The job's side of triggers: it has those started that its end triggers (DESIGN.md, «Triggers»). */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, proxyLocalActivities, startChild, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import type { Job } from '../src/domain/job';
import type { JobSettings } from '../src/domain/settings';
import { triggersId } from './messages';
import { PIPELINE_ROOT } from './search-attributes';
import { triggerPipelines } from './trigger-pipelines';

/** How long a store is waited for; the rest is waited for by another workflow. */
const LOOK_MS = 2_000;

/**
 * A job that was started with no store near triggers nothing, and neither does one that failed or was stopped.
 *
 * @returns once a workflow that outlives the job has it in hand, or nothing is triggered
 */
export async function startTriggers({ jobId, status, pipeline }: Job, settings: JobSettings): Promise<void> {
  const { triggeredBy, progressTimeoutMs } = settings;
  if (triggeredBy === undefined || status !== 'completed') return;
  if (!(await isTriggering(pipeline.name, Math.min(LOOK_MS, progressTimeoutMs)))) return;
  const { firstExecutionRunId, typedSearchAttributes } = workflowInfo();
  const parent = {
    jobId,
    rootJobId: typedSearchAttributes.get(PIPELINE_ROOT) ?? jobId,
    tags: pipeline.tags ?? [],
    chain: [...triggeredBy, pipeline.name],
  };
  try {
    await startChild(triggerPipelines, {
      workflowId: triggersId(jobId),
      args: [{ parent, firstRunId: firstExecutionRunId }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `what ${pipeline.name} triggers`,
    });
  } catch (error) {
    // It is at work: the job was reset after it had ended once.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Whether there is something to be started, or nobody knows. */
async function isTriggering(name: string, withinMs: number): Promise<boolean> {
  // Local, as it is asked at the end of every job.
  const { findTriggered } = proxyLocalActivities<Activities>({
    startToCloseTimeout: withinMs,
    scheduleToCloseTimeout: withinMs,
    retry: { maximumAttempts: 1 },
  });
  try {
    return (await findTriggered(name)).length > 0;
  } catch {
    return true;
  }
}
