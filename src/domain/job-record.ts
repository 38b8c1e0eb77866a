import type { ProgressBody, ResultBody } from './events';
import type { ResultPart } from './result-parts';

/** How a job ended: both bodies. The workflow's result, or the details of its failure. */
export interface JobRecord {
  readonly status: ProgressBody;
  /** Where there are `parts`, with references instead of most of its data. */
  readonly results: ResultBody;
  /** All of the data, where some of it lies in blobs. */
  readonly parts?: readonly ResultPart[];
}
