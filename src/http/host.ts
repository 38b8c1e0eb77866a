/** Refuses requests that were meant for another name: a page whose name was rebound to this address could send them. */
import { isIP } from 'node:net';
import type { Middleware } from 'koa';

/**
 * Addresses and `localhost` can not be rebound, so they always pass.
 *
 * @param names the names that the facade is reached by
 */
export function checkHost(names: readonly string[]): Middleware {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return async (ctx, next) => {
    const name = ctx.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    if (isIP(name) === 0 && !known.has(name)) ctx.throw(421, `the host "${name.slice(0, 255)}" is not served here`);
    await next();
  };
}
