/** The facade's middleware, in order, on one screen. */
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import type { PipelineClient } from '../client';
import type { AllowList } from '../webhooks/guard';
import { answerErrors } from './errors';
import { checkHost } from './host';
import { execRoutes } from './routes/exec';
import { healthRoutes, type Readiness } from './routes/health';

export interface AppOptions {
  readonly pipelines: PipelineClient;
  /** The names that can be run; undefined where they are not known here. */
  readonly algorithms?: ReadonlySet<string>;
  /** The names, besides addresses and `localhost`, that the facade is reached by. */
  readonly hosts: readonly string[];
  /** Addresses besides the public ones that webhooks may have. */
  readonly allow: AllowList;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

const PREFIX = '/api/v1';

export function createApp(options: AppOptions): Koa {
  const app = new Koa();
  const api = new Router({ prefix: PREFIX });
  execRoutes(api, options);
  const root = new Router();
  healthRoutes(root, options);

  app.use(helmet());
  app.use(answerErrors(options.log));
  app.use(root.routes());
  app.use(checkHost(options.hosts));
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '4mb', onError: refuseBody }));
  app.use(api.routes());
  app.use(api.allowedMethods());
  return app;
}

/** The parser's own word on what is wrong with the text. */
function refuseBody(error: Error, ctx: Koa.Context): never {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 400;
  return ctx.throw(status, error.message);
}
