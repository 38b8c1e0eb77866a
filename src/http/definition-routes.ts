/** The routes of one kind of stored definitions: read, post one or a list, put, delete. */
import { Type, type TSchema } from '@sinclair/typebox';
import { isJsonObject } from '../domain/json';
import { invalid, PipelineError } from '../domain/errors';
import type { Definitions, Stored } from '../store/store';
import { toAnswer } from './errors';
import { route, type Route } from './route';
import { entryError, message } from './schemas/answers';
import { nameParams, overwrite as overwriteQuery } from './schemas/requests';
import { createValidator, type Validate } from './validation';

interface Kind<T extends { readonly name: string }> {
  readonly kind: keyof typeof TITLES;
  readonly definitions: Definitions<T>;
  readonly schema: TSchema;
  /** Of what is answered. */
  readonly stored: TSchema;
  readonly removeQuery?: TSchema;
  /** What an answer adds besides {@link ADDED}. */
  readonly added?: readonly string[];
  /**
   * @param document as the schema says
   * @returns what is stored
   * @throws PipelineError
   */
  check(document: unknown): Promise<T>;
  /** What a PUT makes of the one that is there. Default: the one that was given. */
  replace?(current: T, given: T): T;
  /** What is answered of what is stored. Default: all. */
  show?(definition: T): object;
  /** @returns what follows the message */
  remove(name: string, query: { readonly force?: boolean }): Promise<string>;
}

/** What an answer adds, which a caller may send back. */
const ADDED = ['version', 'modified', 'created', 'auditTrail'];

const TITLES = { pipeline: 'Pipeline', algorithm: 'Algorithm', endpoint: 'Endpoint' } as const;

export function definitionRoutes<T extends { readonly name: string }>(of: Kind<T>): Route[] {
  const { kind, definitions } = of;
  const path = `/store/${kind}s`;
  const name = TITLES[kind];
  const added = [...ADDED, ...(of.added ?? [])];
  const tag = 'store';
  const checkSchema: Validate<object> = createValidator(of.schema, { coerce: true });

  const parse = async (document: unknown): Promise<T> => {
    const definition = isJsonObject(document)
      ? Object.fromEntries(Object.entries(document).filter(([key]) => !added.includes(key)))
      : document;
    checkSchema(definition);
    return await of.check(definition);
  };

  /** As HKube shows it: its own keys first, and a version that counts its changes. */
  const present = ({ definition, revision, created, modified }: Stored<T>): object => ({
    ...(of.show?.(definition) ?? definition),
    version: String(revision),
    modified,
    created,
  });

  const add = async (document: unknown, overwrite: boolean): Promise<object> => {
    const definition = await parse(document);
    return present(await (overwrite ? definitions.put(definition) : definitions.insert(definition)));
  };

  /** One that is refused keeps none of the others back. */
  const addEntry = async (document: unknown, overwrite: boolean): Promise<object> => {
    try {
      return await add(document, overwrite);
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      const given = isJsonObject(document) ? document['name'] : undefined;
      const { code, message: text } = toAnswer(error);
      return { error: { ...(typeof given === 'string' && { name: given }), code, message: text } };
    }
  };

  return [
    route({
      method: 'get',
      path,
      operationId: `list${name}s`,
      summary: `All ${kind}s, by name`,
      tag,
      answers: { 200: Type.Array(of.stored) },
      handle: async () => (await definitions.list()).map(present),
    }),
    route({
      method: 'get',
      path: `${path}/{name}`,
      operationId: `get${name}`,
      summary: `One ${kind}`,
      tag,
      params: nameParams,
      answers: { 200: of.stored },
      errors: [400, 404],
      async handle({ params }) {
        const found = await definitions.get(params.name);
        if (found === undefined) throw new PipelineError('NotFound', `${kind} ${params.name} Not Found`);
        return present(found);
      },
    }),
    route({
      method: 'post',
      path,
      operationId: `add${name}s`,
      summary: `Store one ${kind}, or each of a list`,
      tag,
      query: overwriteQuery,
      body: Type.Union([of.schema, Type.Array(Type.Unknown(), { description: `of ${kind}s`, maxItems: MAX_ENTRIES })]),
      bodyCheck: 'entries',
      answers: { 201: Type.Union([of.stored, Type.Array(Type.Union([of.stored, entryError]))]) },
      errors: [400, 404, 409],
      async handle({ body, query: { overwrite = false } }) {
        if (!Array.isArray(body)) return await add(body, overwrite);
        if (body.length > MAX_ENTRIES) {
          throw invalid(`data should NOT have more than ${String(MAX_ENTRIES)} items`);
        }
        const answers: object[] = [];
        // One after the other: the later one of a name finds the earlier.
        for (const entry of body as unknown[]) answers.push(await addEntry(entry, overwrite));
        return answers;
      },
    }),
    route({
      method: 'put',
      path,
      operationId: `update${name}`,
      summary: `Replace a ${kind} that is stored`,
      tag,
      body: of.schema,
      bodyCheck: 'entries',
      answers: { 200: of.stored },
      errors: [400, 404],
      async handle({ body }) {
        const definition = await parse(body);
        return present(
          await definitions.update(definition.name, (current) => of.replace?.(current, definition) ?? definition),
        );
      },
    }),
    route({
      method: 'delete',
      path: `${path}/{name}`,
      operationId: `delete${name}`,
      summary: kind === 'pipeline' ? 'Delete a pipeline, and stop its stored jobs' : `Delete an ${kind}`,
      tag,
      params: nameParams,
      ...(of.removeQuery && { query: of.removeQuery }),
      answers: { 200: message },
      errors: [400, 404],
      async handle({ params, query }) {
        const more = await of.remove(params.name, query as { readonly force?: boolean });
        return { message: `${kind} ${params.name} successfully deleted from store${more}` };
      },
    }),
  ];
}

const MAX_ENTRIES = 1_000;
