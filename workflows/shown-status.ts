/** What visibility is told of a job by its own workflow: its status, and what it is. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { JobStatus } from '../src/domain/events';
import type { Job } from '../src/domain/job';
import { algorithmsOf } from '../src/domain/pipeline';
import { isShownLate } from '../src/domain/settings';
import { PIPELINE_ALGORITHMS, PIPELINE_STATUS, PIPELINE_TYPES, toKeywordList } from './search-attributes';

/**
 * A job that is active for less is shown as pending and then as ended: each time that it is told costs the server as much
 * as an activity does. In milliseconds.
 */
const SHOWN_AFTER_MS = 1_000;

/** Updates only what a job was started with: a workflow that sets what its namespace lacks retries its task for ever. */
export class ShownStatus {
  /** What was told last. */
  last: JobStatus;
  private readonly isLate: boolean;

  /** @param isUnseen whether the server hears of the job's start together with what comes of it */
  constructor(
    private readonly job: Job,
    private readonly isUnseen: () => boolean,
  ) {
    this.isLate = isShownLate(job.settings);
    this.last = this.isLate ? ((attributes().get(PIPELINE_STATUS) as JobStatus | undefined) ?? 'pending') : job.status;
  }

  /** When it wants to be told the time, in epoch milliseconds. */
  get dueAt(): number {
    const { status, activeSince = 0 } = this.job;
    const waits = this.isLate && status === 'active' && this.last === 'pending' && isSearched();
    return waits ? activeSince + SHOWN_AFTER_MS : Infinity;
  }

  /** To be called whenever the job or the time may be another. */
  look(): void {
    const { status } = this.job;
    if (status === this.last || (status === 'active' && this.isUnseen())) return;
    if (this.dueAt !== Infinity && Date.now() < this.dueAt) return;
    this.last = status;
    if (isSearched()) upsertSearchAttributes([{ key: PIPELINE_STATUS, value: status }, ...this.rest()]);
  }

  /** What it was started without. */
  private rest(): SearchAttributePair[] {
    if (!this.isLate) return [];
    const algorithms = algorithmsOf(this.job.pipeline);
    return [
      ...(attributes().get(PIPELINE_TYPES) === undefined ? [{ key: PIPELINE_TYPES, value: ['raw'] }] : []),
      ...(algorithms.length > 0 && attributes().get(PIPELINE_ALGORITHMS) === undefined
        ? [{ key: PIPELINE_ALGORITHMS, value: toKeywordList(algorithms) }]
        : []),
    ];
  }
}

function attributes() {
  return workflowInfo().typedSearchAttributes;
}

function isSearched(): boolean {
  return attributes().get(PIPELINE_STATUS) !== undefined;
}
