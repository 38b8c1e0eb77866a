/** Who may ask, and how often. All of it is off unless it is configured. */
import { createHash, timingSafeEqual } from 'node:crypto';
import cors from '@koa/cors';
import type { Context, Middleware } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../config-values';

const pass: Middleware = (_, next) => next();

/** @param origins those whose pages may ask; `*` is any */
export function allowOrigins(origins: readonly string[]): Middleware {
  if (origins.length === 0) return pass;
  return cors({
    origin: (ctx) => origins.find((origin) => origin === '*' || origin === ctx.get('origin')) ?? '',
    exposeHeaders: ['ETag', 'Retry-After'],
  });
}

/** For each client address by itself; those behind one proxy are one. */
export function limitRate(limit: RateLimit | undefined): Middleware {
  if (limit === undefined) return pass;
  const limiter = new RateLimiterMemory({ points: limit.requests, duration: limit.seconds });
  return async (ctx, next) => {
    try {
      await limiter.consume(ctx.ip);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      ctx.set('Retry-After', String(Math.ceil(refused.msBeforeNext / 1_000)));
      ctx.throw(429, 'Too Many Requests');
    }
    await next();
  };
}

/** Asks for a bearer token, unless a request has another pass. */
export function askToken(token: string | undefined, hasPass: (ctx: Context) => boolean = () => false): Middleware {
  if (token === undefined) return pass;
  const expected = digest(token);
  return async (ctx, next) => {
    if (hasPass(ctx)) {
      await next();
      return;
    }
    const [, given] = /^Bearer +(\S+) *$/i.exec(ctx.get('authorization')) ?? [];
    // Digests are of one length, so that the time of the comparison tells nothing.
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      ctx.set('WWW-Authenticate', 'Bearer realm="temporal-pipelines"');
      ctx.throw(401, 'Unauthorized');
    }
    await next();
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
