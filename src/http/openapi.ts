/** The OpenAPI 3.1 document of the facade, made of the routes and the schemas by which they check. */
import type { TSchema } from '@sinclair/typebox';
import type { JobAnswers } from './dialect';
import { FORM_TYPES } from './form';
import type { Route } from './route';
import { errorBody } from './schemas/answers';

/** What every route behind the prefix may refuse: the token, the host, too many requests, and a Temporal that is away. */
const COMMON_ERRORS = [401, 421, 429, 503];
/** And every body: what is no JSON, too large, or of another type. */
const BODY_ERRORS = [400, 413, 415];

const DESCRIPTIONS: Partial<Record<number, string>> = {
  200: 'done',
  201: 'stored',
  400: 'a field breaks a rule, or the status of the job does not allow it',
  401: 'the bearer token is missing or wrong',
  404: 'not found',
  409: 'used for something else, or there already',
  413: 'the body is too large',
  415: 'the body is of another content type',
  421: 'the host is not served here',
  429: 'too many requests',
  503: 'nobody answered in time; may be repeated',
};

const WEBHOOK_HEADERS: Readonly<Record<string, string>> = {
  'webhook-id': 'the same over attempts, crashes and redeliveries: the key for dropping duplicates',
  'webhook-timestamp': 'seconds since 1970, of the attempt; only where the webhooks are signed',
  'webhook-signature': 'Standard Webhooks v1; only where the webhooks are signed',
  'x-pipeline-event': '`progress` or `result`',
  'x-pipeline-sequence': '1, 2, 3 … per job and URL, in sending order',
  'x-pipeline-attempt': '1, 2, 3 …',
};

/** A group of routes and where they are mounted. */
export interface Mounted {
  readonly prefix: string;
  readonly routes: readonly Route[];
  /** Whether the host is checked and the token asked for. */
  readonly isGuarded: boolean;
}

export function createDocument(
  groups: readonly Mounted[],
  { progressWebhook, resultWebhook }: JobAnswers['schemas'],
): object {
  const schemas: Record<string, object> = {};
  const refer = (schema: unknown): unknown => hoist(schema, schemas);
  const paths: Record<string, Record<string, object>> = {};
  for (const { prefix, routes, isGuarded } of groups) {
    for (const one of routes) (paths[prefix + one.path] ??= {})[one.method] = operationOf(one, isGuarded, refer);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Temporal Pipelines',
      version: 'v1',
      description: "HKube's pipelines on Temporal. Errors are `{ error: { code, message, details? } }`.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    webhooks: {
      progress: webhookOf('Progress of a job, to `webhooks.progress` of its pipeline', refer(progressWebhook)),
      result: webhookOf('The end of a job, to `webhooks.result` of its pipeline', refer(resultWebhook)),
    },
    components: {
      schemas: { ...schemas },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`API_TOKEN`, where it is set' } },
    },
  };
}

function operationOf(one: Route, isGuarded: boolean, refer: (schema: unknown) => unknown): object {
  const answers = Object.entries(one.answers).map(([code, schema]) => [code, answerOf(Number(code), refer(schema))]);
  const errors = [
    ...(one.errors ?? []),
    ...(one.body === undefined && one.form === undefined ? [] : BODY_ERRORS),
    ...(isGuarded ? COMMON_ERRORS : []),
  ];
  const refusals = [...new Set(errors)].map((code) => [String(code), answerOf(code, refer(errorBody))]);
  const parameters = [
    ...parametersOf('path', one.params, refer),
    ...parametersOf('query', one.query, refer),
    ...(one.takesIdempotencyKey === true ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: one.operationId,
    summary: one.summary,
    tags: [one.tag],
    // Without a token where the facade asks for none.
    security: isGuarded ? [{}, { token: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...((one.body ?? one.form) && { requestBody: { required: true, content: contentOf(one, refer) } }),
    responses: Object.fromEntries([...answers, ...refusals]) as object,
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'the same key and body answer the same job, and start nothing',
  schema: { type: 'string' },
};

function parametersOf(
  place: 'path' | 'query',
  schema: TSchema | undefined,
  refer: (part: unknown) => unknown,
): object[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, part]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: refer(part),
  }));
}

/** What may be sent, by its type. */
function contentOf({ body, form }: Route, refer: (schema: unknown) => unknown): object {
  const forms = form === undefined ? [] : FORM_TYPES.map((type) => [type, { schema: refer(form) }] as const);
  return { ...(body && jsonOf(refer(body))), ...Object.fromEntries(forms) };
}

function answerOf(code: number, schema: unknown): object {
  return { description: DESCRIPTIONS[code] ?? String(code), content: jsonOf(schema) };
}

function jsonOf(schema: unknown): object {
  return { 'application/json': { schema } };
}

function webhookOf(summary: string, schema: unknown): object {
  const parameters = Object.entries(WEBHOOK_HEADERS).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
  const responses = {
    '2XX': { description: 'delivered, whatever the body' },
    '410': { description: 'nothing more is sent to this URL in this job' },
    default: { description: 'tried again, or given up' },
  };
  return { post: { summary, tags: ['webhooks'], parameters, requestBody: { content: jsonOf(schema) }, responses } };
}

/** A copy in which each schema that has a title is a reference to the component of that name. */
function hoist(schema: unknown, schemas: Record<string, object>): unknown {
  if (Array.isArray(schema)) return schema.map((part) => hoist(part, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { title } = schema as { title?: unknown };
  const copy = (): object =>
    Object.fromEntries(
      Object.entries(schema).map(([key, part]) => [key, key === 'examples' ? (part as unknown) : hoist(part, schemas)]),
    );
  if (typeof title !== 'string') return copy();
  schemas[title] ??= copy();
  return { $ref: `#/components/schemas/${title}` };
}
