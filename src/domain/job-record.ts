import type { JobAction } from './job-actions';
import type { ProgressBody, ResultBody } from './events';
import type { ResultPart } from './result-parts';

/** How a job ended: both bodies. The workflow's result, or the details of its failure. */
export interface JobRecord {
  readonly status: ProgressBody;
  /** Where there are `parts`, with references instead of most of its data. */
  readonly results: ResultBody;
  /** All of the data, where some of it lies in blobs. */
  readonly parts?: readonly ResultPart[];
  /** How the tasks of each node have ended, see `job-ending.ts`; absent where there are too many nodes. */
  readonly ending?: readonly string[];
  /** What people have done to the job; absent where it is nothing. */
  readonly actions?: readonly JobAction[];
}
