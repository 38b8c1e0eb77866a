/** The bodies of requests: JSON of at most 4 MB, save pipelines that are run, whose flow input may go to a blob; and forms. */
import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';
import { isForm } from './form';

/** More than all that Temporal takes. */
const LIMIT = 4_194_304;

/** Nothing else is guessed at: a form that was meant as JSON would be an empty pipeline. Forms are up to the routes. */
export const refuseOtherTypes: Middleware = async (ctx, next) => {
  const isEmpty = ctx.request.length === 0;
  if (!isEmpty && ctx.is('json', '+json') === false && !isForm(ctx)) {
    ctx.throw(415, 'the content type should be application/json');
  }
  await next();
};

/**
 * An empty body is an empty object. Keys that would reach a prototype are refused by the parser.
 *
 * @param runs the paths by which pipelines are run
 * @param runLimit in bytes; default as for the others
 */
export function readBody(runs: RegExp, runLimit = LIMIT): Middleware {
  const [usual, large] = [parser(LIMIT), parser(runLimit)];
  return async (ctx, next) => {
    if (isForm(ctx)) return await next();
    await (runs.test(ctx.path) ? large : usual)(ctx, next);
  };
}

function parser(jsonLimit: number): Middleware {
  return bodyParser({ enableTypes: ['json'], detectJSON: () => true, jsonLimit: String(jsonLimit), onError });
}

/** The parser's own word on what is wrong with the text. */
function onError(error: Error, ctx: Context): never {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 400;
  return ctx.throw(status, error.message);
}
