/** The facade's middleware, in order, on one screen. */
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import { answerErrors } from './errors';
import { checkHost } from './host';
import { createDocument } from './openapi';
import { mountRoutes, type Route } from './route';
import { execRoutes, type ExecOptions } from './routes/exec';
import { healthRoutes, type Readiness } from './routes/health';
import { jobRoutes } from './routes/jobs';
import { storeAlgorithmRoutes, type StoreAlgorithmOptions } from './routes/store-algorithms';
import { storePipelineRoutes } from './routes/store-pipelines';
import { webhookRoutes } from './routes/webhooks';

export interface AppOptions extends ExecOptions, StoreAlgorithmOptions {
  /** The names, besides addresses and `localhost`, that the facade is reached by. */
  readonly hosts: readonly string[];
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

const PREFIX = '/api/v1';

export function createApp(options: AppOptions): Koa {
  const app = new Koa();
  const routes = apiRoutes(options);
  const api = new Router({ prefix: PREFIX });
  mountRoutes(api, routes);
  const health = healthRoutes(options);
  const root = new Router();
  mountRoutes(root, health);
  const document = createDocument([
    { prefix: PREFIX, routes },
    { prefix: '', routes: health },
  ]);
  const docs = new Router();
  docs.get('/swagger-api', (ctx) => {
    ctx.body = document;
  });

  app.use(helmet());
  app.use(answerErrors(options.log));
  app.use(root.routes());
  app.use(checkHost(options.hosts));
  app.use(docs.routes());
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '4mb', onError: refuseBody }));
  app.use(api.routes());
  app.use(api.allowedMethods());
  return app;
}

function apiRoutes(options: AppOptions): Route[] {
  return [
    ...execRoutes(options),
    ...jobRoutes(options),
    ...webhookRoutes(options),
    ...storePipelineRoutes(options),
    ...storeAlgorithmRoutes(options),
  ];
}

/** The parser's own word on what is wrong with the text. */
function refuseBody(error: Error, ctx: Koa.Context): never {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 400;
  return ctx.throw(status, error.message);
}
