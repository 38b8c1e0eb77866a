/** `/pipelines/results` and `/pipelines/status`, and the same of `/cron`: how the latest jobs went, with HKube's answers. */
import { Type, type Static } from '@sinclair/typebox';
import type { JobHandle, JobType } from '../../client';
import { PipelineError } from '../../domain/errors';
import { DEFAULTS } from '../../domain/pipeline';
import { answersIn } from '../dialect';
import { asList } from '../json-list';
import { route, type Route } from '../route';
import { runsQuery } from '../schemas/triggers';
import { forgotten } from '../search-hits';
import type { JobOptions } from './jobs';

export interface LastRuns {
  /** Where they are mounted. */
  readonly group: 'pipelines' | 'cron';
  /** What was looked for, as the refusals name it. */
  readonly word: 'pipeline' | 'cron';
  /** Only of jobs that were started so. Default: of any. */
  readonly type?: JobType;
}

export function lastRunsRoutes({ pipelines, dialect }: JobOptions, { group, word, type }: LastRuns): Route[] {
  const answers = answersIn(dialect);
  const name = group === 'cron' ? 'Cron' : 'Pipelines';

  const find = async (query: Static<typeof runsQuery>, ended: boolean): Promise<JobHandle[]> => {
    const { name: pipelineName, experimentName = DEFAULTS.experimentName, sort = 'desc', limit = 1 } = query;
    const found = await pipelines.lastRuns({
      ...(pipelineName !== undefined && { name: pipelineName }),
      ...(type !== undefined && { type }),
      experimentName,
      ended,
      sort,
      limit,
    });
    if (found.length > 0) return found;
    const what = ended ? `${word} results` : `${word} status`;
    throw new PipelineError('NotFound', [what, pipelineName, 'Not Found'].filter(Boolean).join(' '));
  };

  return [
    route({
      method: 'get',
      path: `/${group}/results`,
      operationId: `get${name}Results`,
      summary: 'The results of the jobs that were started last, and have ended',
      tag: group,
      query: runsQuery,
      answers: { 200: Type.Array(answers.schemas.results) },
      errors: [400, 404],
      handle: async ({ query }) => asList(readEach(await find(query, true), (job) => answers.results(job))),
    }),
    route({
      method: 'get',
      path: `/${group}/status`,
      operationId: `get${name}Status`,
      summary: 'The status of the jobs that were started last',
      tag: group,
      query: runsQuery,
      answers: { 200: Type.Array(answers.schemas.status) },
      errors: [400, 404],
      handle: async ({ query }) => asList(readEach(await find(query, false), (job) => answers.status(job))),
    }),
  ];
}

/** One after the other, as each may be large. A job that Temporal forgets meanwhile is left out. */
async function* readEach(jobs: readonly JobHandle[], read: (job: JobHandle) => Promise<object>): AsyncGenerator {
  for (const job of jobs) {
    const body = await read(job).catch(forgotten);
    if (body !== undefined) yield body;
  }
}
