/** `/exec/jobs` and `/exec/pipeline/list`: what runs. */
import { Type } from '@sinclair/typebox';
import type { FoundJob, PipelineClient } from '../../client';
import type { JobStatus } from '../../domain/events';
import { mapAtOnce } from '../../temporal/at-once';
import { asList } from '../json-list';
import { route, type Route } from '../route';
import { startedPipeline } from '../schemas/answers';
import { jobList, jobsQuery } from '../schemas/search';
import { forgotten } from '../search-hits';
import { presentStarted } from '../started-pipeline';

const RUNNING: readonly JobStatus[] = ['pending', 'active', 'paused', 'resumed'];
/** Of those whose histories are read at a time. */
const AT_ONCE = 10;

export function jobListRoutes({ pipelines: { jobs } }: { readonly pipelines: PipelineClient }): Route[] {
  return [
    route({
      method: 'get',
      path: '/exec/jobs',
      operationId: 'listJobs',
      summary: 'Jobs by their status',
      tag: 'exec',
      query: jobsQuery,
      answers: { 200: jobList },
      errors: [400],
      handle({ query: { status, raw = false } }) {
        const statuses = status === undefined ? (['active', 'pending'] as const) : [status as JobStatus];
        return asList(presentAll(jobs.list({ statuses }), raw));
      },
    }),
    route({
      method: 'get',
      path: '/exec/pipeline/list',
      operationId: 'listStartedPipelines',
      summary: 'The pipelines of all jobs that have no result yet',
      tag: 'exec',
      answers: { 200: Type.Array(startedPipeline) },
      handle: () => asList(readStarted(jobs.list({ statuses: RUNNING }))),
    }),
  ];
}

async function* presentAll(jobs: AsyncIterable<FoundJob>, raw: boolean): AsyncGenerator {
  for await (const { jobId, knownStatus: status, pipelineName } of jobs)
    yield raw ? jobId : { jobId, status, pipelineName };
}

async function* readStarted(jobs: AsyncIterable<FoundJob>): AsyncGenerator<object> {
  for await (const some of chunks(jobs, AT_ONCE)) {
    const found = await mapAtOnce(some, AT_ONCE, async (job) => {
      const started = await job.started().catch(forgotten);
      return started && presentStarted(job.jobId, started);
    });
    yield* found.filter((one) => one !== undefined);
  }
}

/** So many at a time. */
async function* chunks<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const one of all) {
    chunk.push(one);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
