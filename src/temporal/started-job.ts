/** What a job was started with: no worker is asked. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { Pipeline } from '../domain/pipeline';
import type { JobSettings } from '../domain/settings';
import type { JobSnapshot } from '../domain/snapshot';
import type { StoredFlowInput } from '../domain/stored';
import { PIPELINE_TYPES } from '../../workflows/search-attributes';

/** How a job came to be. */
export type JobType =
  'raw' | 'stored' | 'algorithm' | 'rerun' | 'node' | 'cron' | 'trigger' | 'sub-pipeline' | 'internal';

/** Of a job that another has started. */
export interface Origin {
  /** The job that has started it. */
  readonly parentJobId: string;
  /** The job that nobody has started, at the root of the tree. */
  readonly rootJobId: string;
}

/** Memo of a job that has an {@link Origin}: the id of its parent. Its root is a search attribute. */
export const PARENT = 'PipelineParent';

/** What a job was started with. */
export interface StartedJob {
  /** As it was sent, without defaults. */
  readonly pipeline: Pipeline;
  /** Milliseconds since 1970, UTC. */
  readonly startTime: number;
  /** Empty where the namespace lacks our search attributes. */
  readonly types: readonly string[];
}

/** Without a flow input that lies in a blob. Of the run that is described; each run of a job has the pipeline among its arguments. */
export async function readStartedJob(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<StartedJob & { readonly flowInput?: StoredFlowInput }> {
  const { workflowId, runId, startTime, typedSearchAttributes } = description;
  const { args } = await readStart(client, { workflowId, runId });
  const { flowInput } = (args[1] ?? {}) as Partial<JobSettings>;
  return {
    ...(flowInput !== undefined && { flowInput }),
    pipeline: args[0] as Pipeline,
    startTime: submissionIn(args, startTime),
    types: typedSearchAttributes.get(PIPELINE_TYPES) ?? [],
  };
}

/** When a job was submitted, in epoch milliseconds: a run that continues another has a start of its own. */
export async function readSubmission(client: Client, description: WorkflowExecutionDescription): Promise<number> {
  const { workflowId, runId, startTime, raw } = description;
  if (raw.workflowExecutionInfo?.firstRunId === runId) return startTime.getTime();
  return submissionIn((await readStart(client, { workflowId, runId })).args, startTime);
}

/** @param args of a run of a job that has started at that time */
export function submissionIn(args: readonly unknown[], startTime: Date): number {
  const earlier = args[2] as { readonly job?: Pick<JobSnapshot, 'submittedAt'> } | null | undefined;
  return earlier?.job?.submittedAt ?? startTime.getTime();
}

/** How a run of a workflow began. */
export interface Start {
  readonly args: readonly unknown[];
  /** The first of the runs that continue each other, by Temporal's own account. */
  readonly firstRunId: string;
}

/**
 * @param execution its latest run where none is named
 * @throws ServiceError of the SDK, as where there is no such run
 */
export async function readStart(client: Client, execution: { workflowId: string; runId?: string }): Promise<Start> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution,
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  return {
    args: await decodeArrayFromPayloads(client.options.loadedDataConverter, started?.input?.payloads),
    firstRunId: started?.firstExecutionRunId ?? '',
  };
}
