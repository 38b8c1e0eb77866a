/** The routes of one kind of stored definitions: read, post one or a list, put, delete. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { invalid } from '../domain/errors';
import type { ListOptions } from '../store/store';
import { MAX_ENTRIES, type DefinitionService } from './definitions';
import { route, type Route } from './route';
import { entryError, message } from './schemas/answers';
import { nameParams } from './schemas/requests';
import { listQuery, overwrite as overwriteQuery } from './schemas/store-queries';

interface RemoveQuery {
  readonly force?: boolean;
  readonly keepOldVersions?: boolean;
}

interface Options<T extends { readonly name: string }> {
  readonly service: DefinitionService<T>;
  readonly removeQuery?: TSchema;
  /** @returns what follows the message */
  remove(name: string, query: RemoveQuery): Promise<string>;
}

export interface DefinitionRoutes {
  readonly list: Route;
  readonly get: Route;
  readonly add: Route;
  readonly put: Route;
  readonly remove: Route;
}

/** @throws PipelineError */
export function listOptions({ sort, limit, after }: Static<typeof listQuery>): ListOptions {
  if (sort !== undefined && after !== undefined) throw invalid('data.after should NOT be given with sort');
  return {
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
    ...(sort !== undefined && { order: sort === 'asc' ? 'oldest' : 'newest' }),
  };
}

const TITLES = { pipeline: 'Pipeline', algorithm: 'Algorithm', endpoint: 'Endpoint' } as const;

export function definitionRoutes<T extends { readonly name: string }>({
  service,
  removeQuery,
  remove,
}: Options<T>): DefinitionRoutes {
  const { kind, definitions, schema, stored } = service.of;
  const path = `/store/${kind}s`;
  const name = TITLES[kind];
  const tag = 'store';
  const add = async (document: unknown, user: string, overwrite?: boolean): Promise<object> =>
    service.present(await service.add(document, { user, overwrite }));

  return {
    list: route({
      method: 'get',
      path,
      operationId: `list${name}s`,
      summary: `The ${kind}s, by name unless they are sorted`,
      tag,
      query: listQuery,
      answers: { 200: Type.Array(stored) },
      errors: [400],
      handle: async ({ query }) => (await definitions.list(listOptions(query))).map((one) => service.present(one)),
    }),
    get: route({
      method: 'get',
      path: `${path}/{name}`,
      operationId: `get${name}`,
      summary: `One ${kind}`,
      tag,
      params: nameParams,
      answers: { 200: stored },
      errors: [400, 404],
      handle: async ({ params }) => service.present(await service.get(params.name)),
    }),
    add: route({
      method: 'post',
      path,
      operationId: `add${name}s`,
      summary: `Store one ${kind}, or each of a list`,
      tag,
      query: overwriteQuery,
      body: Type.Union([schema, Type.Array(Type.Unknown(), { description: `of ${kind}s`, maxItems: MAX_ENTRIES })]),
      bodyCheck: 'entries',
      answers: { 201: Type.Union([stored, Type.Array(Type.Union([stored, entryError]))]) },
      errors: [400, 404, 409],
      handle: async ({ body, query: { overwrite }, user }) =>
        Array.isArray(body)
          ? await service.addEach(body as unknown[], (entry) => add(entry, user, overwrite))
          : await add(body, user, overwrite),
    }),
    put: route({
      method: 'put',
      path,
      operationId: `update${name}`,
      summary: `Change a ${kind} that is stored`,
      tag,
      body: schema,
      bodyCheck: 'entries',
      answers: { 200: stored },
      errors: [400, 404],
      handle: async ({ body, user }) => service.present(await service.change(body, user)),
    }),
    remove: route({
      method: 'delete',
      path: `${path}/{name}`,
      operationId: `delete${name}`,
      summary: kind === 'pipeline' ? 'Delete a pipeline, and stop its stored jobs' : `Delete an ${kind}`,
      tag,
      params: nameParams,
      ...(removeQuery && { query: removeQuery }),
      answers: { 200: message },
      errors: [400, 404],
      async handle({ params, query }) {
        const more = await remove(params.name, query as RemoveQuery);
        return { message: `${kind} ${params.name} successfully deleted from store${more}` };
      },
    }),
  };
}
