/** Health, outside the prefix and without a token (contract §9). */
import type Router from '@koa/router';

export interface Readiness {
  readonly temporal: boolean;
  /** Whether a worker asked for work in the last 70 seconds. */
  readonly worker: boolean;
}

export function healthRoutes(router: Router, { readiness }: { readonly readiness: () => Promise<Readiness> }): void {
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    const found = await readiness();
    ctx.status = Object.values(found).every(Boolean) ? 200 : 503;
    ctx.body = { status: ctx.status === 200 ? 'ok' : 'unavailable', ...found };
  });
}
