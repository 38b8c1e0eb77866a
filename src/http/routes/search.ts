/** `/exec/search`: all jobs by what they are, a page at a time (`hkube-api.md` §2). */
import type { Static } from '@sinclair/typebox';
import type { JobSearch, SearchPage } from '../../client';
import { invalid } from '../../domain/errors';
import type { JobStatus } from '../../domain/events';
import { answersIn } from '../dialect';
import { fieldsOf, parseFlags, type Fields } from '../projection';
import { route, type Route } from '../route';
import { searchBody, searchPage, searchQuery } from '../schemas/search';
import { presentHits } from '../search-hits';
import type { JobOptions } from './jobs';

type Request = Static<typeof searchBody>;

export function searchRoutes({ pipelines, dialect }: JobOptions): Route[] {
  const answers = answersIn(dialect);
  const page = searchPage(answers.schemas);
  const answer = async (request: Request): Promise<object> => {
    const startedAt = performance.now();
    const fields: Fields = fieldsOf(request.fields);
    const criteria = criteriaOf(request);
    const found = criteria === 'none' ? { hits: [] } : await pipelines.jobs.search(criteria, pageOf(request));
    const hits = await presentHits(found.hits, fields, answers);
    const timeTook = `${(performance.now() - startedAt).toFixed(2)}ms`;
    return { hits, ...('cursor' in found && { cursor: found.cursor }), timeTook };
  };

  return [
    route({
      method: 'get',
      path: '/exec/search',
      operationId: 'searchJobs',
      summary: 'Jobs that match all of it, those that have ended included, a page at a time',
      tag: 'exec',
      query: searchQuery,
      answers: { 200: page },
      errors: [400],
      handle: ({ query: { cursor, page: pageNum, sort, limit, from, to, tags, fields, exists, ...query } }) =>
        answer({
          query: {
            ...query,
            datesRange: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
            tags: (tags ?? '')
              .split(',')
              .map((tag) => tag.trim())
              .filter((tag) => tag !== ''),
          },
          ...(cursor !== undefined && { cursor }),
          ...(pageNum !== undefined && { pageNum }),
          ...(sort !== undefined && { sort }),
          ...(limit !== undefined && { limit }),
          ...flagsOf({ fields, exists }),
        }),
    }),
    route({
      method: 'post',
      path: '/exec/search',
      operationId: 'searchJobsByBody',
      summary: 'The same, asked by a body',
      tag: 'exec',
      body: searchBody,
      answers: { 200: page },
      errors: [400],
      handle: ({ body }) => answer(body),
    }),
  ];
}

function flagsOf(texts: {
  fields: string | undefined;
  exists: string | undefined;
}): Pick<Request, 'fields' | 'exists'> {
  const [fields, exists] = [parseFlags(texts.fields), parseFlags(texts.exists)];
  return { ...(fields !== undefined && { fields }), ...(exists !== undefined && { exists }) };
}

function pageOf({ cursor, pageNum = 1, sort, limit = PAGE }: Request): SearchPage {
  return {
    limit,
    ...(sort !== undefined && { order: sort }),
    ...(cursor !== undefined && { cursor }),
    skip: Math.max(0, pageNum - 1) * limit,
  };
}

const PAGE = 100;

/** @returns `none` where no job can match */
function criteriaOf({ query = {}, exists = {}, tags = [] }: Request): JobSearch | 'none' {
  const { experimentName, pipelineName, pipelineType, algorithmName, pipelineStatus, datesRange = {} } = query;
  const { from, to } = datesRange;
  const { result, ...others } = exists;
  for (const [name, isThere] of Object.entries(others)) {
    if (!ALWAYS_THERE.includes(name))
      throw invalid(`data.exists.${name.slice(0, 50)} is not supported, only result is`);
    if (!isThere) return 'none';
  }
  return {
    ...(experimentName !== undefined && { experimentName }),
    ...(pipelineName !== undefined && { name: pipelineName }),
    ...(pipelineType !== undefined && { type: pipelineType }),
    ...(algorithmName !== undefined && { algorithmName }),
    // What is no status is that of no job.
    ...(pipelineStatus !== undefined && { statuses: [pipelineStatus as JobStatus] }),
    tags: [...(query.tags ?? []), ...tags],
    ...(from !== undefined && { from: new Date(from).getTime() }),
    // As in HKube what begins at that very time is not among them.
    ...(to !== undefined && { to: new Date(to).getTime() - 1 }),
    ...(result !== undefined && { isEnded: result }),
  };
}

const ALWAYS_THERE: readonly string[] = ['jobId', 'userPipeline', 'pipeline', 'status'];
