/** `/store/algorithms`: algorithms that are endpoints, activities, or workers to come (contract §10), with HKube's answers. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { PipelineClient } from '../../client';
import type { AlgorithmDefinition } from '../../domain/algorithm-definition';
import { changeAlgorithm, completeAlgorithm } from '../../domain/complete-algorithm';
import { PipelineError } from '../../domain/errors';
import type { Store } from '../../store/store';
import type { AllowList } from '../../webhooks/guard';
import { filterAlgorithms, listAlgorithms } from '../algorithm-filter';
import { addByForm, applyForm, changeByForm, isAlgorithmForm } from '../algorithm-forms';
import { refuseUsed, removeUsers } from '../algorithm-use';
import { refuseBlocked } from '../blocked';
import { definitionRoutes, listOptions } from '../definition-routes';
import { DefinitionService } from '../definitions';
import { route, type Route } from '../route';
import { algorithm as schema, algorithmApply, algorithmForm } from '../schemas/algorithm';
import { appliedAlgorithm, entryError, filteredAlgorithms, storedAlgorithm } from '../schemas/answers';
import { algorithmRemoval, algorithmsFilter, algorithmsQuery } from '../schemas/store-queries';
import { createValidator, type Validate } from '../validation';

export interface StoreAlgorithmOptions {
  readonly pipelines: PipelineClient;
  readonly store: Store;
  /** Addresses besides the public ones that HTTP algorithms may have. */
  readonly algorithmAllow: AllowList;
}

export function storeAlgorithmRoutes(options: StoreAlgorithmOptions): Route[] {
  const { store, algorithmAllow } = options;
  const service = new DefinitionService<AlgorithmDefinition>({
    kind: 'algorithm',
    definitions: store.algorithms,
    schema,
    stored: storedAlgorithm,
    check(document) {
      const definition = document as AlgorithmDefinition;
      if (definition.http !== undefined) refuseBlocked(definition.http.url, 'data.http.url', algorithmAllow);
      return Promise.resolve(definition);
    },
    replace: changeAlgorithm,
    complete: completeAlgorithm,
  });
  const routes = definitionRoutes({
    service,
    removeQuery: algorithmRemoval,
    async remove(name, { force = false, keepOldVersions: keepVersions = true }) {
      await service.get(name);
      // First, so that it is there for another try where Temporal is away.
      const removed = force ? await removeUsers(options, name) : '';
      if (!force) await refuseUsed(options, name);
      if (!(await store.algorithms.delete(name, { keepVersions }))) {
        throw new PipelineError('NotFound', `algorithm ${name} Not Found`);
      }
      return removed;
    },
  });
  return [
    route({
      ...routes.list,
      query: algorithmsQuery,
      async handle({ query }) {
        listOptions(query);
        return await listAlgorithms(service, query);
      },
    }),
    route({
      method: 'get',
      path: '/store/algorithmsFilter',
      operationId: 'filterAlgorithms',
      summary: 'Find algorithms',
      tag: 'store',
      query: algorithmsFilter,
      answers: { 200: filteredAlgorithms },
      errors: [400],
      handle: ({ query }) => filterAlgorithms(service, query),
    }),
    routes.get,
    takingForms(routes.add, {
      form: algorithmForm,
      answers: [appliedAlgorithm, Type.Array(Type.Union([appliedAlgorithm, entryError]))],
      handle: (form, user) => addByForm(service, form, user),
    }),
    takingForms(
      {
        ...routes.put,
        // What a running job has begun with it goes on with: there is nothing to be stopped.
        query: Type.Object({ forceStopAndApplyVersion: Type.Optional(Type.Boolean({ description: NO_EFFECT })) }),
      },
      {
        form: algorithmApply,
        answers: [appliedAlgorithm],
        handle: (form, user) => changeByForm(service, form, user),
      },
    ),
    route({
      method: 'post',
      path: '/store/algorithms/apply',
      operationId: 'applyAlgorithm',
      summary: 'Store an algorithm, or change the one that is stored',
      tag: 'store',
      body: algorithmApply,
      form: algorithmApply,
      bodyCheck: 'strict',
      answers: { 200: appliedAlgorithm },
      errors: [400, 404],
      handle: ({ body, form, user }) => applyForm(service, form ?? body, user),
    }),
    routes.remove,
  ];
}

const NO_EFFECT = 'taken as true: jobs that run keep the algorithm that they were started with';

interface FormTaker<F extends TSchema> {
  readonly form: F;
  readonly answers: readonly TSchema[];
  readonly handle: (form: Static<F>, user: string) => Promise<unknown>;
}

/** The route as it is, and the same by a form or by JSON that looks like one. */
function takingForms<F extends TSchema>(base: Route, { form, answers, handle }: FormTaker<F>): Route {
  const check: Validate<Static<F>> = createValidator(form, { coerce: false });
  return {
    ...base,
    body: Type.Union([...(base.body ? [base.body] : []), form]),
    form,
    answers: Object.fromEntries(
      Object.entries(base.answers).map(([code, answer]) => [code, Type.Union([answer, ...answers])]),
    ),
    handle(asked) {
      const given = asked.form ?? asked.body;
      if (!isAlgorithmForm(given)) return base.handle(asked);
      check(given);
      return handle(given, asked.user);
    },
  };
}
