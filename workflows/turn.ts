/** How a job whose pipeline has a limit waits for its turn, and gives its place back (DESIGN.md, «Limits»). */
import {
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ConcurrentPipelines, Pipeline } from '../src/domain/pipeline';
import type { Admission, EntryRequest } from '../src/domain/places';
import { admissionSignal, CONCURRENCY_LIMIT, enterSignal, leaveSignal, limitId } from './messages';

/** Nobody may be left who knows that the job waits, as where somebody has ended that workflow: then it asks again. */
const ASK_AGAIN_MS = 60_000;
const LONGEST_PAUSE_MS = 600_000;

export class Turn {
  /** Whether the job stays pending where there is no place; otherwise it is refused. */
  readonly isQueued: boolean;
  private readonly limit: string;
  private readonly request: EntryRequest;
  private admission: Admission | undefined;
  private asking = Promise.resolve();

  constructor(pipeline: Pipeline, { amount, rejectOnFailure = true }: ConcurrentPipelines) {
    const { workflowId, taskQueue } = workflowInfo();
    this.isQueued = !rejectOnFailure;
    this.limit = limitId(taskQueue, pipeline);
    this.request = { jobId: workflowId, amount, rejectOnFailure };
    setHandler(admissionSignal, (admission) => {
      this.admission = admission;
    });
  }

  /** @returns undefined where it is no longer wanted */
  async wait(isUnwanted: () => boolean): Promise<Admission | undefined> {
    const isOver = (): boolean => this.admission !== undefined || isUnwanted();
    for (let pauseMs = ASK_AGAIN_MS; !isOver(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      this.asking = this.ask();
      await condition(isOver, pauseMs);
    }
    return this.admission;
  }

  /** Not before it has asked: what comes later would count. Where nobody counts any more there is nothing to give back. */
  async leave(): Promise<void> {
    await this.asking;
    await getExternalWorkflowHandle(this.limit)
      .signal(leaveSignal, this.request.jobId)
      .catch(() => undefined);
  }

  private async ask(): Promise<void> {
    while (!(await this.tell())) {
      try {
        await startChild(CONCURRENCY_LIMIT, {
          workflowId: this.limit,
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        });
      } catch (error) {
        // Another job has.
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    }
  }

  /** @returns whether there is somebody who counts */
  private async tell(): Promise<boolean> {
    try {
      await getExternalWorkflowHandle(this.limit).signal(enterSignal, this.request);
      return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return false;
    }
  }
}
