import compress from 'koa-compress';
import type { Middleware } from 'koa';
import { Stream, type Readable } from 'node:stream';

/**
 * Compresses answers, also those that are written while they are read. `koa-compress` pipes a stream and leaves its end to
 * itself: one that fails half way would hold its reader for ever, and one that nobody reads any more would go on.
 */
export function compressed(): Middleware {
  const compressing = compress();
  return async (ctx, next) => {
    let source: unknown;
    await compressing(ctx, async () => {
      await next();
      source = ctx.body;
    });
    const sent: unknown = ctx.body;
    if (!isReadable(source) || !isReadable(sent) || source === sent) return;
    const [from, to] = [source, sent];
    from.once('error', (error) => to.destroy(error));
    to.once('close', () => from.destroy());
  };
}

function isReadable(body: unknown): body is Readable {
  return body instanceof Stream;
}
