/** `/exec`: start and steer jobs (contract §8, with HKube's answers). */
import type { PipelineClient, StartOptions } from '../../client';
import { PipelineError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { mergeStoredRun } from '../../domain/stored-run';
import type { Store } from '../../store/store';
import type { AllowList } from '../../webhooks/guard';
import { refuseBlockedWebhooks } from '../blocked';
import { notFoundAs } from '../not-found';
import { route, type Route } from '../route';
import { message, started, stopped } from '../schemas/answers';
import { pipeline } from '../schemas/pipeline';
import { algorithmRun, jobRequest, stopRequest, storedRun } from '../schemas/requests';
import { stopJobs } from '../stop-jobs';

export interface ExecOptions {
  readonly pipelines: PipelineClient;
  readonly store: Store;
  /** Addresses besides the public ones that webhooks may have. */
  readonly allow: AllowList;
  /**
   * Finds where the algorithms of a pipeline are run.
   *
   * @returns what the start of the job is told of it
   * @throws PipelineError `NotFound`, `algorithm X Not Found`
   */
  readonly resolve: (pipeline: Pipeline) => Promise<StartOptions>;
}

export function execRoutes({ pipelines, store, allow, resolve }: ExecOptions): Route[] {
  const start = async (document: unknown, options: Pick<StartOptions, 'types'> & { key: string | undefined }) => {
    const parsed = pipelines.parse(document);
    const homes = await resolve(parsed);
    refuseBlockedWebhooks(parsed, allow);
    const { key: idempotencyKey, ...rest } = options;
    const { jobId } = await pipelines.start(parsed, {
      ...homes,
      ...rest,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
    return { jobId };
  };

  const pauseOrResume = (verb: 'pause' | 'resume', summary: string): Route =>
    route({
      method: 'post',
      path: `/exec/${verb}`,
      operationId: verb,
      summary,
      tag: 'exec',
      body: jobRequest,
      bodyCheck: 'strict',
      answers: { 200: message },
      errors: [400, 404],
      async handle({ body: { jobId } }) {
        const job = pipelines.getHandle(jobId);
        await job[verb]().catch(notFoundAs(`jobId ${jobId} Not Found`));
        return { message: 'OK' };
      },
    });

  return [
    route({
      method: 'post',
      path: '/exec/raw',
      operationId: 'execRaw',
      summary: 'Run a pipeline',
      tag: 'exec',
      body: pipeline,
      takesIdempotencyKey: true,
      answers: { 200: started },
      errors: [400, 404, 409],
      handle: ({ body, idempotencyKey: key }) => start(body, { types: ['raw'], key }),
    }),
    route({
      method: 'post',
      path: '/exec/stored',
      operationId: 'execStored',
      summary: 'Run a stored pipeline, with what is given here merged over it',
      tag: 'exec',
      body: storedRun,
      takesIdempotencyKey: true,
      answers: { 200: started },
      errors: [400, 404, 409],
      async handle({ body, idempotencyKey: key }) {
        const stored = await store.pipelines.get(body.name);
        if (stored === undefined) throw new PipelineError('NotFound', `pipeline ${body.name} Not Found`);
        return await start(mergeStoredRun(stored.definition, body), { types: ['stored'], key });
      },
    }),
    route({
      method: 'post',
      path: '/exec/algorithm',
      operationId: 'execAlgorithm',
      summary: 'Run an algorithm as the only node of a pipeline',
      tag: 'exec',
      body: algorithmRun,
      bodyCheck: 'strict',
      takesIdempotencyKey: true,
      answers: { 200: started },
      errors: [400, 404, 409],
      handle({ body: { name, input = [] }, idempotencyKey: key }) {
        return start({ name, nodes: [{ nodeName: name, algorithmName: name, input }] }, { types: ['algorithm'], key });
      },
    }),
    route({
      method: 'post',
      path: '/exec/stop',
      operationId: 'stop',
      summary: 'Stop a job, or all that match',
      tag: 'exec',
      body: stopRequest,
      bodyCheck: 'strict',
      answers: { 200: stopped },
      errors: [400, 404],
      handle: async ({ body }) => ({ stoppedJobIds: await stopJobs(pipelines, body) }),
    }),
    pauseOrResume('pause', 'Start no more items of a job'),
    pauseOrResume('resume', 'Go on with a paused job'),
  ];
}
