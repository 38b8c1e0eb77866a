/** What Prometheus reads of a facade: requests, the process, and how many jobs there are. */
import type { Middleware } from 'koa';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PipelineClient } from '../client';
import type { JobStatus } from '../domain/events';

/** The statuses that a job stays in. */
const STATUSES = [
  'pending',
  'active',
  'paused',
  'completed',
  'failed',
  'stopped',
] as const satisfies readonly JobStatus[];
/** Several scrapers cost the server no more than one. */
const COUNTS_LAST_MS = 5_000;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Of this process, whoever asks. */
let ofProcess: Registry | undefined;

export interface Metrics {
  /** Counts requests; it stands before whatever may refuse one. */
  readonly middleware: Middleware;
  /** In Prometheus' text format. */
  read(): Promise<string>;
}

export function createMetrics({ jobs }: Pick<PipelineClient, 'jobs'>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'pipelines_http_requests_total',
    help: 'Requests that were answered, by the pattern of their path.',
    labelNames,
    registers,
  });
  const durations = new Histogram({
    name: 'pipelines_http_request_duration_seconds',
    help: 'Time until a request was answered.',
    labelNames: ['method', 'route'] as const,
    buckets: BUCKETS,
    registers,
  });
  const gauge = new Gauge({
    name: 'pipelines_jobs',
    help: 'Jobs that Temporal retains, by their status. Absent where they can not be counted.',
    labelNames: ['status'] as const,
    registers,
  });
  const count = createCounts(jobs);
  return {
    async middleware(ctx, next) {
      const start = performance.now();
      ctx.res.once('close', () => {
        // Whoever probes may write anything: what no route has is one.
        const route = '_matchedRoute' in ctx ? String(ctx._matchedRoute) : 'none';
        const method = KNOWN_METHODS.has(ctx.method) ? ctx.method : 'other';
        requests.inc({ method, route, status: ctx.headerSent ? String(ctx.status) : 'cut' });
        durations.observe({ method, route }, (performance.now() - start) / 1_000);
      });
      await next();
    },
    async read() {
      gauge.reset();
      for (const [status, found] of await count()) gauge.set({ status }, found);
      return await Registry.merge([registry, processRegistry()]).metrics();
    },
  };
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

type Counts = readonly (readonly [status: JobStatus, count: number])[];

function createCounts(jobs: PipelineClient['jobs']): () => Promise<Counts> {
  let last: { readonly at: number; readonly counts: Promise<Counts> } | undefined;
  const look = (): Promise<Counts> =>
    Promise.all(STATUSES.map(async (status) => [status, await jobs.count({ statuses: [status] })] as const));
  return async () => {
    if (last === undefined || Date.now() - last.at > COUNTS_LAST_MS) {
      // Temporal is away, or lacks our search attributes: the others are told all the same.
      last = { at: Date.now(), counts: look().catch(() => []) };
    }
    return await last.counts;
  };
}
