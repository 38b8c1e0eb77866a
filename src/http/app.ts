/** The facade's middleware, in order, on one screen. */
import Router, { type RouterContext } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import compress from 'koa-compress';
import conditional from 'koa-conditional-get';
import helmet from 'koa-helmet';
import { METHODS } from 'node:http';
import type { Logger } from 'pino';
import type { RateLimit } from '../config-values';
import { allowOrigins, askToken, limitRate } from './access';
import { readBody, refuseOtherTypes } from './body';
import { answerErrors } from './errors';
import { tagBody } from './etag';
import { checkHost } from './host';
import { createMetrics } from './metrics';
import { logRequests } from './request-log';
import type { ResultUrls } from './result-urls';
import { mountRoutes, type Route } from './route';
import { deliveryRoutes } from './routes/deliveries';
import { docsRoutes } from './routes/docs';
import { execRoutes, type ExecOptions } from './routes/exec';
import { greetingRoutes, VERSION, versionRoutes } from './routes/greetings';
import { graphRoutes } from './routes/graph';
import { healthRoutes, type Readiness } from './routes/health';
import { jobDetailRoutes } from './routes/job-details';
import { jobListRoutes } from './routes/job-lists';
import { jobRoutes } from './routes/jobs';
import { lastRunsRoutes } from './routes/last-runs';
import { metricsRoutes } from './routes/metrics';
import { searchRoutes } from './routes/search';
import { storeAlgorithmRoutes, type StoreAlgorithmOptions } from './routes/store-algorithms';
import { storeEndpointRoutes, type StoreEndpointOptions } from './routes/store-endpoints';
import { storePipelineRoutes } from './routes/store-pipelines';
import { systemRoutes, type About } from './routes/system';
import { webhookRoutes } from './routes/webhooks';

export interface AppOptions extends ExecOptions, StoreAlgorithmOptions, StoreEndpointOptions {
  /** The names, besides addresses and `localhost`, that the facade is reached by. */
  readonly hosts: readonly string[];
  /** Pages of these origins may ask; `*` is any. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Default: as often as they like. */
  readonly rateLimit?: RateLimit;
  /** Asked as a bearer token. Default: none is asked for. */
  readonly apiToken?: string;
  /** Lets receivers read large results without the token. Default: they need it. */
  readonly resultUrls?: Pick<ResultUrls, 'isSigned'>;
  /** The largest body of a pipeline that is run, for a client that has a place for large flow inputs. Default: 4 MB. */
  readonly maxPipelineBytes?: number;
  /** What the facade tells of itself. */
  readonly about?: About;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

const PREFIX = `/api/${VERSION}`;
/** Where whole flow inputs come in. */
const RUNS = new RegExp(`^${PREFIX}/exec/(raw|stored)/?$`);

export function createApp(options: AppOptions): Koa {
  const app = new Koa();
  const routes = [...greetingRoutes(), ...apiRoutes(options)];
  const metrics = createMetrics(options.pipelines);
  const outside = [...versionRoutes(), ...metricsRoutes(metrics)];
  const api = new Router({ prefix: PREFIX, methods: METHODS });
  mountRoutes(api, routes);
  const above = new Router();
  mountRoutes(above, outside);
  const health = healthRoutes(options);
  const root = new Router();
  mountRoutes(root, health);
  const docs = new Router();
  docsRoutes(docs, [
    { prefix: '', routes: outside, isGuarded: true },
    { prefix: PREFIX, routes, isGuarded: true },
    { prefix: '', routes: health, isGuarded: false },
  ]);

  app.use(logRequests(options.log));
  app.use(metrics.middleware);
  app.use(helmet({ contentSecurityPolicy: { directives: PAGE_POLICY } }));
  app.use(answerErrors(options.log));
  app.use(root.routes());
  app.use(checkHost(options.hosts));
  app.use(allowOrigins(options.corsOrigins ?? []));
  app.use(limitRate(options.rateLimit));
  app.use(askToken(options.apiToken, options.resultUrls?.isSigned));
  app.use(compress());
  app.use(conditional());
  app.use(tagBody);
  app.use(docs.routes());
  app.use(refuseOtherTypes);
  app.use(readBody(RUNS, options.maxPipelineBytes));
  app.use(above.routes());
  app.use(api.routes());
  app.use(preferExact);
  app.use(api.allowedMethods());
  return app;
}

/** What a path takes is told as the document has it: by the route that names it, where one with a parameter fits too. */
const preferExact: Middleware = async (ctx, next) => {
  const matched = (ctx as Partial<RouterContext>).matched ?? [];
  const exact = matched.filter(({ path }) => !String(path).includes(':'));
  if (exact.length > 0) Object.assign(ctx, { matched: exact });
  await next();
};

/** Besides helmet's own: a facade without TLS has pages too, whose parts must not be asked for by https. */
const PAGE_POLICY = { 'upgrade-insecure-requests': null };

function apiRoutes(options: AppOptions): Route[] {
  return [
    ...execRoutes(options),
    ...searchRoutes(options),
    ...jobRoutes(options),
    ...jobListRoutes(options),
    ...jobDetailRoutes(options),
    ...lastRunsRoutes({ pipelines: options.pipelines, group: 'pipelines', word: 'pipeline' }),
    ...webhookRoutes(options),
    ...deliveryRoutes(options),
    ...storePipelineRoutes(options),
    ...storeAlgorithmRoutes(options),
    ...storeEndpointRoutes(options),
    // Behind those that read one definition, whose name may be `graph`.
    ...graphRoutes(options),
    ...systemRoutes(options),
  ];
}
