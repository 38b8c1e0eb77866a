/** What a job was started with: no worker is asked. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Pipeline } from '../domain/pipeline';
import { readArguments } from './arguments';
import { PIPELINE_TYPES } from '../../workflows/search-attributes';

/** How a job came to be. */
export type JobType = 'raw' | 'stored' | 'algorithm';

/** What a job was started with. */
export interface StartedJob {
  /** As it was sent, without defaults. */
  readonly pipeline: Pipeline;
  /** Milliseconds since 1970, UTC. */
  readonly startTime: number;
  /** Empty where the namespace lacks our search attributes. */
  readonly types: readonly string[];
}

/** Of the run that is described; each run of a job has the pipeline among its arguments. */
export async function readStartedJob(client: Client, description: WorkflowExecutionDescription): Promise<StartedJob> {
  const { startTime, typedSearchAttributes } = description;
  const [pipeline] = await readArguments(client, description);
  return {
    pipeline: pipeline as Pipeline,
    startTime: startTime.getTime(),
    types: typedSearchAttributes.get(PIPELINE_TYPES) ?? [],
  };
}
