/** Who asks. There are no accounts here: a proxy that knows its users names them, and what it says is only written down. */
import type { Context } from 'koa';

/** As authenticating proxies send it, such as oauth2-proxy. */
const HEADER = 'x-forwarded-user';
const MAX_LENGTH = 200;

export function userOf(ctx: Context): string {
  const given = ctx.get(HEADER).replaceAll(/\p{C}/gu, '').trim();
  return given === '' ? 'anonymous' : given.slice(0, MAX_LENGTH);
}
