/** The facade's middleware, in order, on one screen. */
import Router from '@koa/router';
import Koa from 'koa';
import conditional from 'koa-conditional-get';
import helmet from 'koa-helmet';
import { METHODS } from 'node:http';
import type { Logger } from 'pino';
import type { RateLimit } from '../config-values';
import { allowAsWritten } from './allow';
import { allowOrigins, askToken, limitRate } from './access';
import { readBody, refuseOtherTypes } from './body';
import { answersIn } from './dialect';
import { answerErrors } from './errors';
import { compressed } from './compressed';
import { tagBody } from './etag';
import { checkHost } from './host';
import { createMetrics } from './metrics';
import { acceptIngressPath } from './ingress';
import { logRequests } from './request-log';
import type { ResultUrls } from './result-urls';
import { mountRoutes, type Route } from './route';
import { deliveryRoutes } from './routes/deliveries';
import { docsRoutes } from './routes/docs';
import { execRoutes, type ExecOptions } from './routes/exec';
import { experimentRoutes } from './routes/experiment';
import { greetingRoutes, VERSION, versionRoutes } from './routes/greetings';
import { graphRoutes } from './routes/graph';
import { healthRoutes, type Readiness } from './routes/health';
import { jobDetailRoutes } from './routes/job-details';
import { jobListRoutes } from './routes/job-lists';
import { jobRoutes, type JobOptions } from './routes/jobs';
import { lastRunsRoutes } from './routes/last-runs';
import { metricsRoutes } from './routes/metrics';
import { readmeRoutes } from './routes/readme';
import { searchRoutes } from './routes/search';
import { storeAlgorithmRoutes, type StoreAlgorithmOptions } from './routes/store-algorithms';
import { storeEndpointRoutes, type StoreEndpointOptions } from './routes/store-endpoints';
import { storePipelineRoutes } from './routes/store-pipelines';
import { systemRoutes, type About } from './routes/system';
import { triggerRoutes } from './routes/triggers';
import { definitionVersionRoutes } from './routes/versions';
import { webhookRoutes } from './routes/webhooks';

export interface AppOptions extends ExecOptions, JobOptions, StoreAlgorithmOptions, StoreEndpointOptions {
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
  const groups = [
    { prefix: '', routes: outside, isGuarded: true },
    { prefix: PREFIX, routes, isGuarded: true },
    { prefix: '', routes: health, isGuarded: false },
  ];
  docsRoutes(docs, groups, answersIn(options.dialect));

  app.use(logRequests(options.log));
  app.use(metrics.middleware);
  app.use(acceptIngressPath);
  app.use(helmet({ contentSecurityPolicy: { directives: PAGE_POLICY } }));
  app.use(answerErrors(options.log));
  app.use(root.routes());
  app.use(checkHost(options.hosts));
  app.use(allowOrigins(options.corsOrigins ?? []));
  app.use(limitRate(options.rateLimit));
  app.use(askToken(options.apiToken, options.resultUrls?.isSigned));
  app.use(compressed());
  app.use(conditional());
  app.use(tagBody);
  app.use(docs.routes());
  app.use(refuseOtherTypes);
  app.use(readBody(RUNS, options.maxPipelineBytes));
  app.use(above.routes());
  app.use(api.routes());
  app.use(allowAsWritten(PREFIX, routes));
  app.use(api.allowedMethods());
  return app;
}

/** Besides helmet's own: a facade without TLS has pages too, whose parts must not be asked for by https. */
const PAGE_POLICY = { 'upgrade-insecure-requests': null };

function apiRoutes(options: AppOptions): Route[] {
  return [
    ...execRoutes(options),
    ...searchRoutes(options),
    ...jobRoutes(options),
    ...jobListRoutes(options),
    ...jobDetailRoutes(options),
    ...lastRunsRoutes(options, { group: 'pipelines', word: 'pipeline' }),
    ...webhookRoutes(options),
    ...deliveryRoutes(options),
    ...triggerRoutes(options),
    ...storePipelineRoutes(options),
    ...storeAlgorithmRoutes(options),
    ...storeEndpointRoutes(options),
    ...definitionVersionRoutes(options.store),
    ...readmeRoutes(options.store),
    ...experimentRoutes(options),
    // Behind those that read one definition, whose name may be `graph`.
    ...graphRoutes(options),
    ...systemRoutes(options),
  ];
}
