/** One line for each request: at debug, so that nothing is said of a healthy facade, and at warn where it failed. */
import type { Middleware } from 'koa';
import type { Logger } from 'pino';

/**
 * Logs method, route, status and milliseconds once the answer has left, or the client has. The route is the pattern, not
 * the path: no id, no query and no signature of an address gets into the log.
 */
export function logRequests(log: Logger): Middleware {
  return async (ctx, next) => {
    const start = performance.now();
    ctx.res.once('close', () => {
      const { method } = ctx;
      // Where none matched: whoever probes may write anything.
      const route = '_matchedRoute' in ctx ? String(ctx._matchedRoute) : 'none';
      // Koa has one before anything is answered.
      const status = ctx.headerSent ? ctx.status : undefined;
      const ms = Math.round(performance.now() - start);
      const line = { method, route, status, ms, ...(!ctx.res.writableFinished && { cut: true }) };
      log[(status ?? 0) >= 500 ? 'warn' : 'debug'](line, 'request');
    });
    await next();
  };
}
