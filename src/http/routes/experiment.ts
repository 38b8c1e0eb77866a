/** `/experiment`: what jobs belong to. `main` is always there. */
import { Type } from '@sinclair/typebox';
import type { PipelineClient } from '../../client';
import { PipelineError } from '../../domain/errors';
import { DEFAULTS, type Pipeline } from '../../domain/pipeline';
import type { Experiment } from '../../domain/experiment';
import type { Store, Stored } from '../../store/store';
import { listOptions } from '../definition-routes';
import { eachStored } from '../each-stored';
import { findAround } from '../remove-pipeline';
import { route, type Route } from '../route';
import { CLOSED, epochMs, experimentName } from '../schemas/parts';
import { nameParams } from '../schemas/requests';
import { listQuery } from '../schemas/store-queries';
import { stopAll } from '../stop-jobs';

interface Options {
  readonly pipelines: PipelineClient;
  readonly store: Store;
}

const description = Type.Optional(Type.String({ maxLength: 10_000 }));
const body = Type.Object(
  { name: experimentName, description },
  { title: 'Experiment', examples: [{ name: 'night-runs', description: 'what nobody waits for' }] },
);
const stored = Type.Object({ name: Type.String(), description, created: epochMs }, { title: 'StoredExperiment' });
const done = Type.Object({ message: Type.String(), name: Type.String() }, { ...CLOSED, title: 'ExperimentDone' });

export function experimentRoutes({ pipelines, store }: Options): Route[] {
  const { experiments } = store;
  const path = '/experiment';
  const tag = 'experiment';
  return [
    route({
      method: 'get',
      path,
      operationId: 'listExperiments',
      summary: 'The experiments, by name unless they are sorted',
      tag,
      query: listQuery,
      answers: { 200: Type.Array(stored) },
      errors: [400],
      handle: async ({ query }) => (await experiments.list(listOptions(query))).map(present),
    }),
    route({
      method: 'get',
      path: `${path}/{name}`,
      operationId: 'getExperiment',
      summary: 'One experiment',
      tag,
      params: nameParams,
      answers: { 200: stored },
      errors: [400, 404],
      async handle({ params }) {
        const found = await experiments.get(params.name);
        if (found === undefined) throw notFound(params.name);
        return present(found);
      },
    }),
    route({
      method: 'post',
      path,
      operationId: 'addExperiment',
      summary: 'Add an experiment',
      tag,
      body,
      bodyCheck: 'strict',
      answers: { 200: done },
      errors: [400, 409],
      async handle({ body: { name, description: text }, user }) {
        await experiments.insert({ name, ...(text !== undefined && { description: text }) }, user);
        return { message: 'OK', name };
      },
    }),
    route({
      method: 'delete',
      path: `${path}/{name}`,
      operationId: 'deleteExperiment',
      summary: 'Delete an experiment: its jobs are stopped, and its pipelines start no more',
      tag,
      params: nameParams,
      answers: { 200: done },
      errors: [400, 404],
      async handle({ params: { name }, user }) {
        if (name === DEFAULTS.experimentName) {
          throw new PipelineError('WrongState', `${name} experiment cannot be deleted`);
        }
        if ((await experiments.get(name)) === undefined) throw notFound(name);
        const running = await findAround(
          () => pipelines.find({ experimentName: name }),
          async () => {
            const wasThere = await experiments.delete(name);
            await stopCrons(store, name, user);
            return wasThere;
          },
        );
        if (running === undefined) throw notFound(name);
        await stopAll(running, `experiment ${name} was deleted`);
        return { message: 'deleted successfully', name };
      },
    }),
  ];
}

function present({ definition, created }: Stored<Experiment>): object {
  return { ...definition, created };
}

function notFound(name: string): PipelineError {
  return new PipelineError('NotFound', `experiment ${name} Not Found`);
}

/** Its stored pipelines stay, as HKube leaves them; what would start them by the clock is switched off. */
async function stopCrons({ pipelines }: Store, experiment: string, user: string): Promise<void> {
  for await (const { definition } of eachStored(pipelines)) {
    if (definition.experimentName !== experiment || withoutCron(definition) === definition) continue;
    await pipelines.update(definition.name, withoutCron, user).catch((error: unknown) => {
      // Somebody has deleted it.
      if (!(error instanceof PipelineError) || error.code !== 'NotFound') throw error;
    });
  }
}

/** @returns the same where its cron is not enabled */
function withoutCron(pipeline: Pipeline): Pipeline {
  const cron = pipeline.triggers?.cron;
  if (cron?.enabled !== true) return pipeline;
  return { ...pipeline, triggers: { ...pipeline.triggers, cron: { ...cron, enabled: false } } };
}
