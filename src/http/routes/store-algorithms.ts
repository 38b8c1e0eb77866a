/** `/store/algorithms`: algorithms that are endpoints, activities, or workers to come (contract §10), with HKube's answers. */
import { Type } from '@sinclair/typebox';
import type { AlgorithmDefinition } from '../../domain/algorithm-definition';
import { invalid, PipelineError } from '../../domain/errors';
import type { Store } from '../../store/store';
import type { AllowList } from '../../webhooks/guard';
import { refuseBlocked } from '../blocked';
import { definitionRoutes } from '../definition-routes';
import type { Route } from '../route';
import { algorithm as schema } from '../schemas/algorithm';
import { storedAlgorithm } from '../schemas/answers';

export interface StoreAlgorithmOptions {
  readonly store: Store;
  /** Addresses besides the public ones that HTTP algorithms may have. */
  readonly algorithmAllow: AllowList;
}

const HOMES = ['http', 'activity', 'algorithmImage'] as const;

export function storeAlgorithmRoutes({ store, algorithmAllow }: StoreAlgorithmOptions): Route[] {
  return definitionRoutes<AlgorithmDefinition>({
    kind: 'algorithm',
    definitions: store.algorithms,
    schema,
    stored: storedAlgorithm,
    removeQuery: Type.Object({ force: Type.Optional(Type.Boolean()) }),
    check(document) {
      const definition = document as AlgorithmDefinition;
      const given = HOMES.filter((home) => definition[home] !== undefined);
      if (given.length === 0) throw invalid('cannot apply algorithm due to missing image url or build data');
      if (given.length > 1) throw invalid(`data should have only one of ${given.join(', ')}`);
      if (definition.activity !== undefined && definition.blockSize !== undefined) {
        throw invalid('data.blockSize should NOT be given with activity: each of its items is a block');
      }
      if (definition.http !== undefined) refuseBlocked(definition.http.url, 'data.http.url', algorithmAllow);
      return Promise.resolve(definition);
    },
    async remove(name, { force }) {
      if ((await store.algorithms.get(name)) === undefined) throw notFound(name);
      const users = force === true ? [] : await usersOf(name);
      if (users.length > 0) {
        throw invalid(
          `algorithm ${name} is stored in ${String(users.length)} pipelines (${users.slice(0, 100).join(', ')}). ` +
            'you must first delete all related data or use the force flag',
        );
      }
      if (!(await store.algorithms.delete(name))) throw notFound(name);
      return '';
    },
  });

  async function usersOf(name: string): Promise<string[]> {
    const stored = await store.pipelines.list();
    return stored
      .filter(({ definition }) => definition.nodes.some(({ algorithmName }) => algorithmName === name))
      .map(({ definition }) => definition.name);
  }
}

function notFound(name: string): PipelineError {
  return new PipelineError('NotFound', `algorithm ${name} Not Found`);
}
