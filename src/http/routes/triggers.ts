/** `/cron` and `/pipelines/triggers/tree`: pipelines that run by themselves, with HKube's answers. */
import type { Pipeline } from '../../domain/pipeline';
import { CRON_DEFAULT, triggersTree } from '../../domain/triggers';
import type { Store } from '../../store/store';
import { route, type Route } from '../route';
import { message } from '../schemas/answers';
import * as schemas from '../schemas/triggers';
import type { JobOptions } from './jobs';
import { lastRunsRoutes } from './last-runs';

export interface TriggerOptions extends JobOptions {
  readonly store: Store;
}

export function triggerRoutes(options: TriggerOptions): Route[] {
  const { store } = options;

  /** The schedule follows what is stored. */
  const setCron = async (name: string, enabled: boolean, user?: string, pattern?: string): Promise<object> => {
    await store.pipelines.update(name, (current) => withCron(current, enabled, pattern), user);
    return { message: 'OK' };
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
    ...lastRunsRoutes(options, { group: 'cron', word: 'cron', type: 'cron' }),
    route({
      method: 'post',
      path: '/cron/start',
      operationId: 'startCron',
      summary: `Run a stored pipeline at these times; without a pattern at its own, or else at \`${CRON_DEFAULT}\``,
      tag: 'cron',
      body: schemas.cronRequest,
      answers: { 200: message },
      errors: [400, 404],
      handle: ({ body: { name, pattern }, user }) => setCron(name, true, user, pattern),
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
      handle: ({ body: { name }, user }) => setCron(name, false, user),
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
