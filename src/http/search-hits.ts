/** What a search answers of a job: as much of it as is asked for. */
import type { FoundJob } from '../client';
import { withDefaults } from '../domain/defaults';
import { PipelineError } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import { mapAtOnce } from '../temporal/at-once';
import { isWanted, project, type Fields } from './projection';

/** Of those whose histories are read at a time. */
const AT_ONCE = 10;

/** Those that Temporal has forgotten meanwhile are left out. */
export async function presentHits(jobs: readonly FoundJob[], fields: Fields): Promise<object[]> {
  const hits = await mapAtOnce(jobs, AT_ONCE, (job) => presentHit(job, fields).catch(forgotten));
  return hits.filter((hit) => hit !== undefined);
}

/** For a `catch`. */
export function forgotten(error: unknown): undefined {
  if (error instanceof PipelineError && error.code === 'NotFound') return undefined;
  throw error;
}

async function presentHit(job: FoundJob, fields: Fields): Promise<object> {
  const wants = (name: string): boolean => isWanted(fields, name);
  const [started, status, ending] = await Promise.all([
    wants('userPipeline') || wants('pipeline') ? job.started() : undefined,
    wants('status') ? job.status() : undefined,
    wants('result') ? job.ending() : undefined,
  ]);
  const { jobId, startTime, rootJobId } = job;
  const sent = started && withoutFlowInput(started.pipeline);
  const { jobId: _, ...statusOnly } = status ?? {};
  const { jobId: __, data: ___, ...resultOnly } = ending ?? {};
  const timeTook = ((job.closeTime ?? startTime) - startTime) / 1_000;
  const hit = {
    jobId,
    ...(sent && { userPipeline: sent }),
    ...(sent && {
      pipeline: {
        ...withDefaults(sent),
        startTime,
        types: started.types,
        ...(rootJobId !== undefined && { rootJobId }),
      },
    }),
    ...(status && { status: statusOnly }),
    ...(ending && { result: { ...resultOnly, startTime, timeTook } }),
  };
  return project(hit, fields);
}

/** A page of large ones would be larger than anybody wants; exec/flowInput answers it. */
function withoutFlowInput(pipeline: Pipeline): Pipeline {
  return pipeline.flowInput === undefined ? pipeline : { ...pipeline, flowInput: null };
}
