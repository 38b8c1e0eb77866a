/** Starts jobs of pipelines that have a limit (`concurrentPipelines`): each in a place that was taken for it before. */
import { isGrpcServiceError, WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import type { ConcurrentPipelines } from '../domain/pipeline';
import { SlotsByKey } from '../domain/slots';
import { leaveSignal, limitId } from '../../workflows/messages';
import { within } from './deadline';
import { describeJob } from './jobs';
import { readStartedJob } from './started-job';
import { ASK_AT_ONCE, takePlace, type PlaceWanted } from './take-place';

const LEAVE_WITHIN_MS = 2_000;

export class StartsInPlace {
  private readonly lines = new SlotsByKey(ASK_AT_ONCE);

  constructor(private readonly client: Client) {}

  /**
   * A place whose start was refused is given back at once. Where nobody knows what became of the start it is kept: the job
   * may be there, and one that is not is found out after half a minute.
   *
   * @throws PipelineError as `takePlace` does
   */
  async run(wanted: PlaceWanted, limit: ConcurrentPipelines, start: () => Promise<unknown>): Promise<void> {
    await takePlace(this.client, this.lines, wanted, limit);
    try {
      await start();
    } catch (error) {
      if (await this.isRefused(error, wanted)) await this.leave(wanted);
      throw error;
    }
  }

  private async isRefused(error: unknown, wanted: PlaceWanted): Promise<boolean> {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return !(await this.isHolder(wanted));
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return isGrpcServiceError(cause) && REFUSALS.includes(cause.code);
  }

  /** Whether the job that has this id already runs within the same limit: then the place is its own. */
  private async isHolder({ jobId, taskQueue, pipeline }: PlaceWanted): Promise<boolean> {
    try {
      const description = await describeJob(this.client, jobId);
      if (description.status.name !== 'RUNNING') return false;
      const { pipeline: running } = await readStartedJob(this.client, description);
      const isLimited = running.options?.concurrentPipelines !== undefined;
      return isLimited && limitId(description.taskQueue, running) === limitId(taskQueue, pipeline);
    } catch (error) {
      return !(error instanceof PipelineError && error.code === 'NotFound');
    }
  }

  private async leave({ jobId, taskQueue, pipeline }: PlaceWanted): Promise<void> {
    const limit = this.client.workflow.getHandle(limitId(taskQueue, pipeline));
    // Else it is found out as if the start had been lost.
    await within(this.client, LEAVE_WITHIN_MS, () => limit.signal(leaveSignal, jobId)).catch(() => undefined);
  }
}

/**
 * Of gRPC: INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, OUT_OF_RANGE,
 * UNIMPLEMENTED and UNAUTHENTICATED. After these the server has started nothing.
 */
const REFUSALS: readonly number[] = [3, 5, 7, 8, 9, 11, 12, 16];
