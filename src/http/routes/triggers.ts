/** `/cron` and `/pipelines/triggers/tree`: pipelines that run by themselves, with HKube's answers. */
import type { JsonText } from '../../blobs/job-results';
import type { JobHandle } from '../../client';
import { PipelineError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { CRON_DEFAULT, triggersTree } from '../../domain/triggers';
import { DEFAULTS } from '../../domain/pipeline';
import type { Store } from '../../store/store';
import { answersIn } from '../dialect';
import { asStream, route, type Route } from '../route';
import { message } from '../schemas/answers';
import * as schemas from '../schemas/triggers';
import { Type, type Static } from '@sinclair/typebox';
import type { JobOptions } from './jobs';

export interface TriggerOptions extends JobOptions {
  readonly store: Store;
}

export function triggerRoutes({ pipelines, store, dialect }: TriggerOptions): Route[] {
  const answers = answersIn(dialect);

  /** The schedule follows what is stored. */
  const setCron = async (name: string, enabled: boolean, pattern?: string): Promise<object> => {
    await store.pipelines.update(name, (current) => withCron(current, enabled, pattern));
    return { message: 'OK' };
  };

  const runsOf = async (query: Static<typeof schemas.runsQuery>, ended: boolean): Promise<JobHandle[]> => {
    const { name, experimentName = DEFAULTS.experimentName, sort = 'desc', limit = 1 } = query;
    const found = await pipelines.lastRuns({
      ...(name !== undefined && { name }),
      experimentName,
      type: 'cron',
      ended,
      sort,
      limit,
    });
    const what = ended ? 'cron results' : 'cron status';
    if (found.length === 0) throw new PipelineError('NotFound', [what, name, 'Not Found'].filter(Boolean).join(' '));
    return found;
  };

  return [
    route({
      method: 'get',
      path: '/cron/list',
      operationId: 'listCron',
      summary: 'The stored pipelines that have times at which they run',
      tag: 'cron',
      query: schemas.cronListQuery,
      answers: { 200: schemas.cronList },
      errors: [400],
      async handle({ query: { sort = 'asc', limit } }) {
        const found = (await store.triggers.list()).flatMap(({ name, triggers: { cron } }) =>
          cron === undefined ? [] : [{ name, cron }],
        );
        return (sort === 'asc' ? found : found.reverse()).slice(0, limit);
      },
    }),
    route({
      method: 'get',
      path: '/cron/results',
      operationId: 'getCronResults',
      summary: 'The results of the jobs that were started last by their times, and have ended',
      tag: 'cron',
      query: schemas.runsQuery,
      answers: { 200: Type.Array(answers.schemas.results) },
      errors: [400, 404],
      handle: async ({ query }) => asStream(listOf(await runsOf(query, true), answers.results)),
    }),
    route({
      method: 'get',
      path: '/cron/status',
      operationId: 'getCronStatus',
      summary: 'The status of the jobs that were started last by their times',
      tag: 'cron',
      query: schemas.runsQuery,
      answers: { 200: Type.Array(answers.schemas.status) },
      errors: [400, 404],
      handle: async ({ query }) => asStream(listOf(await runsOf(query, false), answers.status)),
    }),
    route({
      method: 'post',
      path: '/cron/start',
      operationId: 'startCron',
      summary: `Run a stored pipeline at these times; without a pattern at its own, or else at \`${CRON_DEFAULT}\``,
      tag: 'cron',
      body: schemas.cronRequest,
      answers: { 200: message },
      errors: [400, 404],
      handle: ({ body: { name, pattern } }) => setCron(name, true, pattern),
    }),
    route({
      method: 'post',
      path: '/cron/stop',
      operationId: 'stopCron',
      summary: 'Run a stored pipeline at its times no more',
      tag: 'cron',
      body: schemas.cronStop,
      answers: { 200: message },
      errors: [400, 404],
      handle: ({ body: { name } }) => setCron(name, false),
    }),
    route({
      method: 'get',
      path: '/pipelines/triggers/tree',
      operationId: 'getTriggersTree',
      summary: 'Which stored pipelines trigger which',
      tag: 'pipelines',
      query: schemas.treeQuery,
      answers: { 200: schemas.triggersTree },
      errors: [400, 404],
      handle: async ({ query: { name } }) => triggersTree(await store.triggers.list(), name),
    }),
  ];
}

function withCron(current: Pipeline, enabled: boolean, given: string | undefined): Pipeline {
  const { triggers } = current;
  const pattern = given ?? triggers?.cron?.pattern ?? CRON_DEFAULT;
  return { ...current, triggers: { ...triggers, cron: { ...triggers?.cron, pattern, enabled } } };
}

/** One after the other, as each may be large. A job that Temporal forgets meanwhile is left out. */
async function* listOf(
  jobs: readonly JobHandle[],
  read: (job: JobHandle) => Promise<JsonText | object>,
): AsyncGenerator<string | Buffer> {
  let before = '[';
  for (const job of jobs) {
    const body = await read(job).catch((error: unknown) => {
      if (error instanceof PipelineError && error.code === 'NotFound') return undefined;
      throw error;
    });
    if (body === undefined) continue;
    yield before;
    if (Symbol.asyncIterator in body) yield* body;
    else yield JSON.stringify(body);
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
