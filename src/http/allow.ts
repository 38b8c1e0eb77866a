/** Corrects the methods that a path allows. */
import type { Middleware } from 'koa';
import type { Method, Route } from './route';

/**
 * A path that is written out in a route allows what is said of it there, also where the router finds that it would fit as
 * a name into another one, as `apply` into `/store/algorithms/{name}`.
 */
export function allowAsWritten(prefix: string, routes: readonly Route[]): Middleware {
  const written = new Map<string, Set<Method>>();
  for (const { path, method } of routes) {
    const whole = prefix + path;
    if (!path.includes('{')) written.set(whole, (written.get(whole) ?? new Set()).add(method));
  }
  return async (ctx, next) => {
    await next();
    const methods = written.get(ctx.path.replace(/\/$/, ''));
    if (methods === undefined || ctx.response.get('allow') === '') return;
    const all = [...(methods.has('get') ? ['HEAD'] : []), ...[...methods].map((method) => method.toUpperCase())];
    ctx.set('allow', all.join(', '));
  };
}
