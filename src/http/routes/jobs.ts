/** `/exec`: look at jobs. The answers are those of the webhooks (contract §8). */
import type { PipelineClient } from '../../client';
import type { Dialect } from '../../domain/dialect';
import { PipelineError } from '../../domain/errors';
import { answersIn } from '../dialect';
import { notFoundAs } from '../not-found';
import { asStream, route, type Route } from '../route';
import { startedPipeline } from '../schemas/answers';
import { anyJson } from '../schemas/parts';
import { dataParams, jobParams } from '../schemas/requests';
import { presentStarted } from '../started-pipeline';

export interface JobOptions {
  readonly pipelines: PipelineClient;
  /** What jobs are told in. Default: as the contract says. */
  readonly dialect?: Dialect;
}

export function jobRoutes({ pipelines, dialect }: JobOptions): Route[] {
  const answers = answersIn(dialect);
  return [
    route({
      method: 'get',
      path: '/exec/status/{jobId}',
      operationId: 'getStatus',
      summary: 'What a debug subscriber would have got last',
      tag: 'exec',
      params: jobParams,
      answers: { 200: answers.schemas.status },
      errors: [400, 404],
      handle: ({ params }) => answers.status(pipelines.getHandle(params.jobId)),
    }),
    route({
      method: 'get',
      path: '/exec/results/{jobId}',
      operationId: 'getResults',
      summary: 'The result of a job that has ended',
      tag: 'exec',
      params: jobParams,
      answers: { 200: answers.schemas.results },
      errors: [400, 404],
      async handle({ params }) {
        const found = await answers.results(pipelines.getHandle(params.jobId));
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
        const found = await results.data(ref, dialect);
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
