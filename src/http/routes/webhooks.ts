/** `/webhooks`: how the webhooks of a job were answered last, with HKube's answers. */
import { STATUS_CODES } from 'node:http';
import type { JobHandle } from '../../client';
import type { WebhookKind } from '../../domain/delivery';
import { PipelineError } from '../../domain/errors';
import { answersIn, type JobAnswers } from '../dialect';
import { route, type Route } from '../route';
import { jobParams } from '../schemas/requests';
import type { JobOptions } from './jobs';

const KINDS = { status: 'progress', results: 'result' } as const satisfies Record<string, WebhookKind>;

export function webhookRoutes({ pipelines, dialect }: JobOptions): Route[] {
  const answers = answersIn(dialect);
  const one = (name: keyof typeof KINDS): Route =>
    route({
      method: 'get',
      path: `/webhooks/${name}/{jobId}`,
      operationId: name === 'status' ? 'getProgressWebhook' : 'getResultWebhook',
      summary: `How the ${KINDS[name]} webhook of a job was answered last`,
      tag: 'webhooks',
      params: jobParams,
      answers: { 200: answers.schemas.webhook },
      errors: [400, 404],
      async handle({ params: { jobId } }) {
        return (await describeWebhook(pipelines.getHandle(jobId), KINDS[name], answers)) ?? refuse(jobId);
      },
    });
  return [
    one('status'),
    one('results'),
    route({
      method: 'get',
      path: '/webhooks/list/{jobId}',
      operationId: 'listWebhooks',
      summary: 'Both of them',
      tag: 'webhooks',
      params: jobParams,
      answers: { 200: answers.schemas.webhooks },
      errors: [400, 404],
      async handle({ params: { jobId } }) {
        const handle = pipelines.getHandle(jobId);
        const [result, progress] = await Promise.all([
          describeWebhook(handle, 'result', answers),
          describeWebhook(handle, 'progress', answers),
        ]);
        if (result === undefined && progress === undefined) refuse(jobId);
        return { jobId, ...(result && { result }), ...(progress && { progress }) };
      },
    }),
  ];
}

function refuse(jobId: string): never {
  throw new PipelineError('NotFound', `webhook ${jobId} Not Found`);
}

/** @returns undefined where there is no such job, or no attempt has finished */
async function describeWebhook(
  handle: JobHandle,
  kind: WebhookKind,
  { time }: JobAnswers,
): Promise<object | undefined> {
  const found = await handle.webhook(kind).catch((error: unknown) => {
    if (error instanceof PipelineError && error.code === 'NotFound') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const { jobId } = handle;
  const { url, outcome } = found;
  const { startedAt, durationMs, error, statusCode } = outcome;
  return {
    jobId,
    url,
    pipelineStatus: found.status ?? (await handle.status()).status,
    status: 'completed',
    responseStatus: error === undefined ? 'succeed' : 'failed',
    httpResponse: {
      statusCode: statusCode ?? error ?? 'unknown',
      statusMessage: statusCode === undefined ? (error ?? 'unknown') : (STATUS_CODES[statusCode] ?? ''),
    },
    timestamp: time(Date.parse(startedAt) + durationMs),
  };
}
