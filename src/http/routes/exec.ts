/** `/exec`: start and steer jobs (contract §8, with HKube's answers). */
import type { JobHandle, PipelineClient, StartOptions } from '../../client';
import { Starter, type StarterOptions } from '../../starter';
import type { Store } from '../../store/store';
import type { AllowList } from '../../webhooks/guard';
import { refuseBlockedWebhooks } from '../blocked';
import { invalidAs, notFoundAs } from '../not-found';
import { route, type Route } from '../route';
import { message, started, stopped } from '../schemas/answers';
import { pipeline } from '../schemas/pipeline';
import { algorithmRun, caching, jobRequest, rerun, stopRequest, storedRun } from '../schemas/requests';
import { stopJobs } from '../stop-jobs';

export interface ExecOptions {
  readonly pipelines: PipelineClient;
  readonly store: Store;
  /** Addresses besides the public ones that webhooks may have. */
  readonly allow: AllowList;
  readonly resolve: StarterOptions['resolve'];
}

/** How the facade starts jobs: webhooks that can never be reached are refused at once. */
export function createStarter({ pipelines, store, allow, resolve }: ExecOptions): Starter {
  const check: StarterOptions['check'] = (pipeline) => {
    refuseBlockedWebhooks(pipeline, allow);
  };
  const hasExperiment = async (name: string): Promise<boolean> => (await store.experiments.get(name)) !== undefined;
  return new Starter({ pipelines, stored: store.pipelines, resolve, check, hasExperiment });
}

export function execRoutes(options: ExecOptions): Route[] {
  const { pipelines } = options;
  const starter = createStarter(options);

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
      handle: async ({ body, idempotencyKey }) =>
        jobIdOf(await starter.start(body, { types: ['raw'], ...keyed(idempotencyKey) })),
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
      handle: async ({ body, idempotencyKey }) =>
        jobIdOf(await starter.startStored(body, { types: ['stored'], request: body, ...keyed(idempotencyKey) })),
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
      async handle({ body: { name, input = [] }, idempotencyKey }) {
        const document = { name, nodes: [{ nodeName: name, algorithmName: name, input }] };
        return jobIdOf(await starter.start(document, { types: ['algorithm'], ...keyed(idempotencyKey) }));
      },
    }),
    route({
      method: 'post',
      path: '/exec/rerun',
      operationId: 'execRerun',
      summary: 'Run the pipeline of an earlier job again',
      tag: 'exec',
      body: rerun,
      bodyCheck: 'strict',
      answers: { 200: started },
      errors: [400, 404],
      async handle({ body: { jobId } }) {
        const job = pipelines.getHandle(jobId);
        const earlier = await job.started().catch(notFoundAs(`jobId ${jobId} Not Found`));
        return jobIdOf(await starter.rerun(jobId, earlier));
      },
    }),
    route({
      method: 'post',
      path: '/exec/caching',
      operationId: 'execCaching',
      summary: 'Run a node of an earlier job again, and all that come after it, with what the others have put out',
      tag: 'exec',
      body: caching,
      bodyCheck: 'strict',
      takesIdempotencyKey: true,
      answers: { 200: started },
      errors: [400, 404, 409],
      async handle({ body: { jobId, nodeName }, idempotencyKey }) {
        const job = pipelines.getHandle(jobId);
        const earlier = await job.started().catch(invalidAs(`unable to find pipeline ${jobId}`));
        return jobIdOf(await starter.startFrom({ jobId, nodeName }, earlier, keyed(idempotencyKey)));
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

function keyed(idempotencyKey: string | undefined): Pick<StartOptions, 'idempotencyKey'> {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

function jobIdOf({ jobId }: JobHandle): { readonly jobId: string } {
  return { jobId };
}
