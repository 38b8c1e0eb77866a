/** What a job was started with: no worker is asked. */
import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { Pipeline } from '../domain/pipeline';
import type { JobSettings } from '../domain/settings';
import type { JobSnapshot } from '../domain/snapshot';
import type { StoredFlowInput } from '../domain/stored';
import { PIPELINE_ROOT, PIPELINE_STATUS, PIPELINE_TYPES } from '../../workflows/search-attributes';

/** A run as the server describes or lists it. */
export type KnownRun = Omit<WorkflowExecutionInfo, 'raw'>;

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

/** Another job whose outputs a job reads, of nodes that it does not have itself. */
export interface Reuse {
  /** The job that has them. */
  readonly jobId: string;
  /** Their names. */
  readonly nodes: readonly string[];
}

/** Memo of a job that runs other nodes than its caller wrote: those. */
export const WRITTEN = 'PipelineWritten';

/** The nodes of a pipeline as its caller wrote them, where others run in the place of some. */
export type Written = Pick<Pipeline, 'nodes' | 'edges'>;

/** What a job was started with. */
export interface StartedJob {
  /** What runs: without defaults, and with the nodes of stored pipelines in the place of those that stood for them. */
  readonly pipeline: Pipeline;
  /** As it was sent. */
  readonly userPipeline: Pipeline;
  /** Nodes that it reads and does not have: an earlier job has run them. */
  readonly outside: readonly string[];
  /** Of a job that another has started: the job at the root of that tree. */
  readonly rootJobId?: string;
  /** Milliseconds since 1970, UTC. */
  readonly startTime: number;
  /** Empty where the namespace lacks our search attributes. */
  readonly types: readonly string[];
}

/** Without a flow input that lies in a blob. Of the run that is described; each run of a job has the pipeline among its arguments. */
export async function readStartedJob(
  client: Client,
  description: KnownRun,
): Promise<StartedJob & { readonly flowInput?: StoredFlowInput }> {
  const { workflowId, runId, startTime, typedSearchAttributes, memo } = description;
  const { args } = await readStart(client, { workflowId, runId });
  const { flowInput, outputs = [] } = (args[1] ?? {}) as Partial<JobSettings>;
  const pipeline = args[0] as Pipeline;
  const rootJobId = typedSearchAttributes.get(PIPELINE_ROOT);
  return {
    ...(flowInput !== undefined && { flowInput }),
    pipeline,
    userPipeline: asWritten(pipeline, memo?.[WRITTEN] as Written | undefined),
    outside: outputs.map(({ nodeName }) => nodeName),
    ...(rootJobId !== undefined && { rootJobId }),
    startTime: submissionIn(args, startTime),
    types: typesOf(typedSearchAttributes),
  };
}

/** Of a job that has not shown itself yet (`workflows/shown-status.ts`) none are known, which is told as what it is then. */
function typesOf(attributes: KnownRun['typedSearchAttributes']): readonly string[] {
  return attributes.get(PIPELINE_TYPES) ?? (attributes.get(PIPELINE_STATUS) === undefined ? [] : ['raw']);
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

function asWritten(pipeline: Pipeline, written: Written | undefined): Pipeline {
  if (written === undefined) return pipeline;
  // In the place of those that run.
  const { edges: _, ...rest } = pipeline;
  return { ...rest, ...written };
}

/** How a run of a workflow began. */
export interface Start {
  readonly args: readonly unknown[];
  /** Of the workflow. */
  readonly type: string;
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
    type: started?.workflowType?.name ?? '',
    firstRunId: started?.firstExecutionRunId ?? '',
  };
}
