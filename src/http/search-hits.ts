/** What a search answers of a job: as much of it as is asked for. */
import type { FoundJob } from '../client';
import { withDefaults } from '../domain/defaults';
import { PipelineError } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import { mapAtOnce } from '../temporal/at-once';
import type { JobAnswers } from './dialect';
import { isWanted, project, type Fields } from './projection';
import { withoutCredentials } from './started-pipeline';

/** Of those whose histories are read at a time. */
const AT_ONCE = 10;

/** Those that Temporal has forgotten meanwhile are left out. */
export async function presentHits(jobs: readonly FoundJob[], fields: Fields, answers: JobAnswers): Promise<object[]> {
  const hits = await mapAtOnce(jobs, AT_ONCE, (job) => presentHit(job, fields, answers).catch(forgotten));
  return hits.filter((hit) => hit !== undefined);
}

/** For a `catch`. */
export function forgotten(error: unknown): undefined {
  if (error instanceof PipelineError && error.code === 'NotFound') return undefined;
  throw error;
}

async function presentHit(job: FoundJob, fields: Fields, answers: JobAnswers): Promise<object> {
  const wants = (name: string): boolean => isWanted(fields, name);
  const wantsPipeline = wants('userPipeline') || wants('pipeline');
  const [startTime, started, status, ending] = await Promise.all([
    wantsPipeline || wants('status') || wants('result') ? job.startTime() : 0,
    wantsPipeline ? job.started() : undefined,
    wants('status') ? job.status() : undefined,
    wants('result') ? job.ending() : undefined,
  ]);
  const { jobId, rootJobId } = job;
  const ran = started && shown(started.pipeline);
  const timeTook = ((job.closeTime ?? startTime) - startTime) / 1_000;
  const hit = {
    jobId,
    ...(started && { userPipeline: shown(started.userPipeline) }),
    ...(ran && {
      pipeline: {
        ...withDefaults(ran),
        startTime,
        types: started.types,
        ...(rootJobId !== undefined && { rootJobId }),
      },
    }),
    ...(status && { status: without(answers.toStatus(status, startTime), ['jobId']) }),
    ...(ending && {
      result: { ...without(answers.toResults(ending, startTime), ['jobId', 'data']), startTime, timeTook },
    }),
  };
  return project(hit, fields);
}

function without(body: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !keys.includes(key)));
}

/** A page of large flow inputs would be larger than anybody wants; exec/flowInput answers them. */
function shown(started: Pipeline): Pipeline {
  const pipeline = withoutCredentials(started);
  return pipeline.flowInput === undefined ? pipeline : { ...pipeline, flowInput: null };
}
