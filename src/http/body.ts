/** The bodies of requests: JSON of at most 4 MB, which fits all that Temporal takes. */
import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';

const LIMIT = '4mb';

/** Nothing else is guessed at: a form that was meant as JSON would be an empty pipeline. */
export const refuseOtherTypes: Middleware = async (ctx, next) => {
  const isEmpty = ctx.request.length === 0;
  if (!isEmpty && ctx.is('json', '+json') === false) ctx.throw(415, 'the content type should be application/json');
  await next();
};

/** An empty body is an empty object. Keys that would reach a prototype are refused by the parser. */
export function readBody(): Middleware {
  return bodyParser({ enableTypes: ['json'], detectJSON: () => true, jsonLimit: LIMIT, onError });
}

/** The parser's own word on what is wrong with the text. */
function onError(error: Error, ctx: Context): never {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 400;
  return ctx.throw(status, error.message);
}
