/** Tags what is read, so that a client that has it already is told so. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Middleware } from 'koa';

/** A tag needs the whole body: what is too large for that has none. */
export const tagBody: Middleware = async (ctx, next) => {
  await next();
  const { status, method } = ctx;
  const body: unknown = ctx.body;
  if (body instanceof Readable) return;
  if (status !== 200 || body === undefined || body === null || (method !== 'GET' && method !== 'HEAD')) return;
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  ctx.etag = createHash('sha256').update(content).digest('base64url').slice(0, 27);
  // As it is written by now; its type is set.
  ctx.body = content;
};
