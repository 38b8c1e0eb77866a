/** `/pipelines/results` and `/pipelines/status`, and the same of another kind of jobs: how the latest went. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { FoundJob, JobHandle, JobSearch, PipelineClient } from '../../client';
import { PipelineError } from '../../domain/errors';
import { mapAtOnce } from '../../temporal/at-once';
import { asList } from '../json-list';
import { route, type Route } from '../route';
import { progressBody, resultBody } from '../schemas/bodies';
import { lastRunsQuery } from '../schemas/search';
import { forgotten } from '../search-hits';
import { chunks } from './job-lists';

export interface LastRuns {
  readonly pipelines: PipelineClient;
  /** Where they are mounted, such as `pipelines`. */
  readonly group: string;
  /** As the refusals name what was looked for, such as `pipeline`. */
  readonly word: string;
  /** Only of jobs that were started so. Default: of any. */
  readonly type?: string;
}

/** Of those that are read at a time. */
const AT_ONCE = 10;

export function lastRunsRoutes({ pipelines, group, word, type }: LastRuns): Route[] {
  const one = (
    name: 'results' | 'status',
    summary: string,
    schema: TSchema,
    isEnded: boolean,
    read: (job: JobHandle) => Promise<unknown>,
  ): Route =>
    route({
      method: 'get',
      path: `/${group}/${name}`,
      operationId: `list${group[0]?.toUpperCase() ?? ''}${group.slice(1)}${name === 'results' ? 'Results' : 'Status'}`,
      summary,
      tag: group,
      query: lastRunsQuery,
      answers: { 200: Type.Array(schema) },
      errors: [400, 404],
      async handle({ query }) {
        const { sort = 'desc', limit = 1 } = query;
        const found = pipelines.jobs.list(criteriaOf(query, isEnded, type), sort);
        const list = await asList(readAll(found, limit, (jobId) => read(pipelines.getHandle(jobId))));
        if (!Array.isArray(list) || list.length > 0) return list;
        throw new PipelineError('NotFound', [word, name, query.name, 'Not Found'].filter(Boolean).join(' '));
      },
    });
  return [
    one('results', 'The results of the jobs that ended last', resultBody, true, async (job) => {
      return (await job.ended()).bodyOrText();
    }),
    one('status', 'The status of the latest jobs', progressBody, false, (job) => job.status()),
  ];
}

function criteriaOf(
  { name, experimentName = 'main' }: Static<typeof lastRunsQuery>,
  isEnded: boolean,
  type: string | undefined,
): JobSearch {
  return {
    experimentName,
    ...(name !== undefined && { pipelineName: name }),
    ...(type !== undefined && { type }),
    ...(isEnded && { isEnded }),
  };
}

async function* readAll(
  jobs: AsyncIterable<FoundJob>,
  limit: number,
  read: (jobId: string) => Promise<unknown>,
): AsyncGenerator {
  let left = limit;
  for await (const some of chunks(jobs, Math.min(limit, AT_ONCE))) {
    const found = await mapAtOnce(some.slice(0, left), AT_ONCE, ({ jobId }) => read(jobId).catch(forgotten));
    yield* found.filter((one) => one !== undefined);
    left -= some.length;
    if (left <= 0) return;
  }
}
