import type { StartedJob } from '../client';
import { withDefaults } from '../domain/defaults';

/** The pipeline that a job was started with, as HKube shows it. */
export function presentStarted(jobId: string, { pipeline, startTime, types, rootJobId }: StartedJob): object {
  return { ...withDefaults(pipeline), jobId, startTime, types, ...(rootJobId !== undefined && { rootJobId }) };
}
