/** The path by which a cluster's ingress leads to HKube's API server, and which its clients ask by themselves. */
import type { Middleware } from 'koa';

const INGRESS = '/hkube/api-server';

/** What is asked below it is asked as if it were not there: nothing else is at that path. */
export const acceptIngressPath: Middleware = async (ctx, next) => {
  if (ctx.path.startsWith(`${INGRESS}/`)) ctx.path = ctx.path.slice(INGRESS.length);
  await next();
};
