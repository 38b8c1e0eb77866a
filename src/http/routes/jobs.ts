/** `/exec`: look at jobs. The answers are those of the webhooks (contract §8). */
import type { PipelineClient } from '../../client';
import { PipelineError } from '../../domain/errors';
import { notFoundAs } from '../not-found';
import { asStream, route, type Route } from '../route';
import { startedPipeline } from '../schemas/answers';
import { progressBody, resultBody } from '../schemas/bodies';
import { anyJson } from '../schemas/parts';
import { dataParams, jobParams } from '../schemas/requests';
import { presentStarted } from '../started-pipeline';

export function jobRoutes({ pipelines }: { readonly pipelines: PipelineClient }): Route[] {
  return [
    route({
      method: 'get',
      path: '/exec/status/{jobId}',
      operationId: 'getStatus',
      summary: 'What a debug subscriber would have got last',
      tag: 'exec',
      params: jobParams,
      answers: { 200: progressBody },
      errors: [400, 404],
      handle: ({ params }) => pipelines.getHandle(params.jobId).status(),
    }),
    route({
      method: 'get',
      path: '/exec/results/{jobId}',
      operationId: 'getResults',
      summary: 'The result of a job that has ended',
      tag: 'exec',
      params: jobParams,
      answers: { 200: resultBody },
      errors: [400, 404],
      async handle({ params: { jobId } }) {
        const found = (await pipelines.getHandle(jobId).ended()).bodyOrText();
        return Symbol.asyncIterator in found ? asStream(found) : found;
      },
    }),
    route({
      method: 'get',
      path: '/exec/results/{jobId}/data/{ref}',
      operationId: 'getResultData',
      summary: 'A result that was too large for the body of the webhook',
      tag: 'exec',
      params: dataParams,
      answers: { 200: anyJson },
      errors: [400, 404],
      async handle({ params: { jobId, ref } }) {
        const text = `data ${ref} Not Found`;
        const results = await pipelines.getHandle(jobId).ended().catch(notFoundAs(text));
        const found = await results.data(ref);
        if (found === undefined) throw new PipelineError('NotFound', text);
        return found.text === undefined ? found.value : asStream(found.text);
      },
    }),
    route({
      method: 'get',
      path: '/exec/pipelines/{jobId}',
      operationId: 'getStartedPipeline',
      summary: 'The pipeline that a job was started with, its defaults filled in',
      tag: 'exec',
      params: jobParams,
      answers: { 200: startedPipeline },
      errors: [400, 404],
      async handle({ params: { jobId } }) {
        const started = await pipelines
          .getHandle(jobId)
          .started()
          .catch(notFoundAs(`pipeline ${jobId} Not Found`));
        return presentStarted(jobId, started);
      },
    }),
  ];
}
