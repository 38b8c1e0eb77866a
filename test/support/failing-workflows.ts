/** What a worker brings that runs jobs into the ground: for the sandbox, under the name of ours. */
import { ApplicationFailure } from '@temporalio/common';

export function runPipeline(): Promise<void> {
  return Promise.reject(ApplicationFailure.nonRetryable('lost'));
}
