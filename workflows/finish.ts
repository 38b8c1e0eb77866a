/** How a job's workflow closes. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { Job } from '../src/domain/job';
import type { JobRecord } from '../src/domain/job-record';

/**
 * @returns both bodies of a job that completed or was stopped
 * @throws ApplicationFailure of type `AlgorithmFailed` or `EngineFailed`, with both bodies as its details
 */
export function finish(job: Job): JobRecord {
  if (job.record === undefined) throw new Error('the job has not ended');
  const { record } = job;
  if (record.results.status !== 'failed') return record;
  throw ApplicationFailure.create({
    message: record.results.error ?? 'failed',
    type: record.status.level === 'critical' ? 'EngineFailed' : 'AlgorithmFailed',
    nonRetryable: true,
    details: [record],
  });
}
