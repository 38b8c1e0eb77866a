/** `/exec`: start, steer and look at jobs (contract §8, with HKube's answers). */
import type Router from '@koa/router';
import type { PipelineClient } from '../../client';
import { invalid, PipelineError } from '../../domain/errors';
import { isJsonObject, type JsonObject } from '../../domain/json';
import { checkUrl, type AllowList } from '../../webhooks/guard';
import type { Pipeline } from '../../domain/pipeline';

export interface ExecOptions {
  readonly pipelines: PipelineClient;
  readonly algorithms?: ReadonlySet<string>;
  readonly allow: AllowList;
}

export function execRoutes(router: Router, { pipelines, algorithms, allow }: ExecOptions): void {
  router.post('/exec/raw', async (ctx) => {
    const pipeline = pipelines.parse(ctx.request.body);
    refuseUnknownAlgorithms(pipeline, algorithms);
    refuseBlockedWebhooks(pipeline, allow);
    const idempotencyKey = ctx.get('idempotency-key');
    const { jobId } = await pipelines.start(pipeline, idempotencyKey === '' ? {} : { idempotencyKey });
    ctx.body = { jobId };
  });

  router.post('/exec/stop', async (ctx) => {
    const body = bodyOf(ctx.request.body);
    const jobId = textOf(body, 'jobId');
    const reason = body['reason'] === undefined ? undefined : textOf(body, 'reason');
    try {
      await pipelines.getHandle(jobId).stop(reason);
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code === 'Unavailable') throw error;
      throw new PipelineError(
        'NotFound',
        `No jobs found matching criteria (jobId: ${jobId}, statuses: active,pending,paused)`,
      );
    }
    ctx.body = { stoppedJobIds: [jobId] };
  });

  for (const verb of ['pause', 'resume'] as const) {
    router.post(`/exec/${verb}`, async (ctx) => {
      const jobId = textOf(bodyOf(ctx.request.body), 'jobId');
      try {
        await pipelines.getHandle(jobId)[verb]();
      } catch (error) {
        if (!(error instanceof PipelineError) || error.code !== 'NotFound') throw error;
        throw new PipelineError('NotFound', `jobId ${jobId} Not Found`);
      }
      ctx.body = { message: 'OK' };
    });
  }

  router.get('/exec/status{/:jobId}', async (ctx) => {
    ctx.body = await pipelines.getHandle(jobIdOf(ctx.params)).status();
  });

  router.get('/exec/results{/:jobId}', async (ctx) => {
    ctx.body = await pipelines.getHandle(jobIdOf(ctx.params)).results();
  });
}

function refuseUnknownAlgorithms(pipeline: Pipeline, known: ReadonlySet<string> | undefined): void {
  const unknown = pipeline.nodes.find(({ algorithmName }) => known?.has(algorithmName) === false);
  if (unknown !== undefined) throw new PipelineError('NotFound', `algorithm ${unknown.algorithmName} Not Found`);
}

/** Literal addresses only: names resolve later, and are checked at each attempt. */
function refuseBlockedWebhooks(pipeline: Pipeline, allow: AllowList): void {
  for (const [kind, url] of Object.entries(pipeline.webhooks ?? {})) {
    const refusal = checkUrl(url, allow);
    if (refusal !== undefined) throw invalid(`data.webhooks.${kind}: ${refusal.error}`);
  }
}

function bodyOf(body: unknown): JsonObject {
  if (!isJsonObject(body)) throw invalid('data should be object');
  return body;
}

function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  if (value === undefined) throw invalid(`data should have required property '${name}'`);
  if (typeof value !== 'string') throw invalid(`data.${name} should be string`);
  return value;
}

/** HKube's clients send stray blanks behind the id. */
function jobIdOf(params: Record<string, string | undefined>): string {
  const jobId = params['jobId']?.trim() ?? '';
  if (jobId === '') throw invalid("data should have required property 'jobId'");
  return jobId;
}
