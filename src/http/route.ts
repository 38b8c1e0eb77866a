/** A route as data: the router and the OpenAPI document are made of the same objects, so they can't disagree. */
import { Readable } from 'node:stream';
import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Static, TSchema, TUnknown } from '@sinclair/typebox';
import { isForm, readForm } from './form';
import { userOf } from './user';
import { createValidator } from './validation';

export type Method = 'get' | 'post' | 'put' | 'delete';

export interface Asked<Params, Query, Body, Form> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Instead of a body, where a form was sent. */
  readonly form?: Form;
  /** Who asks, as far as it is told. */
  readonly user: string;
  /** Of the header `Idempotency-Key`, where the route takes one. */
  readonly idempotencyKey: string | undefined;
}

interface Definition<P extends TSchema, Q extends TSchema, B extends TSchema, F extends TSchema> {
  readonly method: Method;
  /** As OpenAPI writes it, behind the prefix; a parameter that ends it is asked for where it is missing. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** The group that it is shown in. */
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** An object of texts. Default: a form is refused. Where there is no `body`, only a form is taken. */
  readonly form?: F;
  /**
   * Whether what is written like another type is taken for it, as HKube does with documents. Not with ids: a number is no
   * id. `entries`: the handler checks each entry of a list by itself.
   */
  readonly bodyCheck?: 'coerced' | 'strict' | 'entries';
  readonly takesIdempotencyKey?: boolean;
  /** By status; the first is answered unless the handler names another. */
  readonly answers: Readonly<Record<number, TSchema>>;
  /** The refusals that are its own; those of every route need not be listed. */
  readonly errors?: readonly number[];
  /** @returns the body, or both by `withStatus`, or what is JSON already by `asStream` */
  handle(asked: Asked<Static<P>, Static<Q>, Static<B>, Static<F>>): unknown;
}

export type Route = Definition<TSchema, TSchema, TSchema, TSchema>;

/** Gives the handler of a route the types of its schemas. */
export function route<
  P extends TSchema = TUnknown,
  Q extends TSchema = TUnknown,
  B extends TSchema = TUnknown,
  F extends TSchema = TUnknown,
>(definition: Definition<P, Q, B, F>): Route {
  return definition;
}

class WithStatus {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {}
}

export function withStatus(status: number, body: unknown): WithStatus {
  return new WithStatus(status, body);
}

/** A body that is JSON already, and too large to be held. */
class JsonStream {
  constructor(readonly readable: Readable) {}
}

export function asStream(text: AsyncIterable<string | Buffer>): JsonStream {
  return new JsonStream(Readable.from(text, { objectMode: false, highWaterMark: 65_536 }));
}

export function mountRoutes(router: Router, routes: readonly Route[]): void {
  for (const one of routes) router[one.method](routerPath(one), answerBy(one));
}

/** Who reads may leave the last parameter out, and is told so, as HKube does. */
function routerPath({ method, path }: Route): string {
  const readable = method === 'get' ? path.replace(/\/\{(\w+)\}$/, '{/:$1}') : path;
  return readable.replaceAll(/\{(\w+)\}/g, ':$1');
}

function answerBy({
  params,
  query,
  body,
  form,
  bodyCheck = 'coerced',
  ...rest
}: Route): (ctx: RouterContext) => Promise<void> {
  const checkParams = params && createValidator(params, { coerce: false });
  const checkQuery = query && createValidator(query, { coerce: true });
  const checkBody =
    body && bodyCheck !== 'entries' ? createValidator(body, { coerce: bodyCheck === 'coerced' }) : undefined;
  const checkForm = form && createValidator(form, { coerce: false });
  const [usual = '200'] = Object.keys(rest.answers);
  return async (ctx) => {
    const asked = { params: paramsOf(ctx), query: queryOf(ctx), body: ctx.request.body, user: userOf(ctx) };
    checkParams?.(asked.params);
    checkQuery?.(asked.query);
    const sent = await formOf(ctx, body !== undefined, form !== undefined);
    if (sent === undefined) checkBody?.(asked.body);
    else checkForm?.(sent);
    const key = ctx.get('idempotency-key');
    const idempotencyKey = rest.takesIdempotencyKey === true && key !== '' ? key : undefined;
    const answer = await rest.handle({ ...asked, ...(sent !== undefined && { form: sent }), idempotencyKey });
    ctx.status = answer instanceof WithStatus ? answer.status : Number(usual);
    // A text or null is JSON as well.
    ctx.type = 'json';
    const content: unknown = answer instanceof WithStatus ? answer.body : answer;
    ctx.body = content instanceof JsonStream ? content.readable : JSON.stringify(content);
  };
}

/**
 * The form that was sent to a route that takes one.
 *
 * @throws an Error with a status where it takes none, or nothing else
 */
async function formOf(ctx: RouterContext, takesBody: boolean, takesForm: boolean): Promise<object | undefined> {
  if (isForm(ctx))
    return takesForm ? await readForm(ctx) : ctx.throw(415, 'the content type should be application/json');
  if (!takesForm || takesBody) return undefined;
  // Nothing at all lacks the same as an empty form.
  if ((ctx.request.length ?? 0) > 0) ctx.throw(415, 'the content type should be multipart/form-data');
  return {};
}

/** HKube's clients send stray blanks behind an id. */
function paramsOf(ctx: RouterContext): Record<string, string> {
  const trimmed = Object.entries(ctx.params as Record<string, string | undefined>).map(([name, text]) => [
    name,
    text?.trim() ?? '',
  ]);
  return Object.fromEntries(trimmed.filter(([, text]) => text !== '')) as Record<string, string>;
}

/** What hkubectl has no value for it sends as `undefined`. */
function queryOf(ctx: RouterContext): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ctx.query).filter(([, text]) => text !== 'undefined'));
}
