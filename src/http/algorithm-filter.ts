/** Finds stored algorithms. They are few, so all of them are looked at. */
import type { Static } from '@sinclair/typebox';
import type { AlgorithmDefinition } from '../domain/algorithm-definition';
import { isJsonObject } from '../domain/json';
import type { Stored } from '../store/store';
import type { DefinitionService } from './definitions';
import type { algorithmsFilter, algorithmsQuery } from './schemas/store-queries';

type Service = DefinitionService<AlgorithmDefinition>;
type Filter = Static<typeof algorithmsFilter>;

const DEFAULT_LIMIT = 10;

/** What `GET /store/algorithms` answers. */
export async function listAlgorithms(service: Service, query: Static<typeof algorithmsQuery>): Promise<object[]> {
  const { name, limit = Infinity, sort, after } = query;
  const found = await load(service, sort, after);
  return found
    .filter(({ definition }) => name === undefined || definition.name.includes(name))
    .slice(0, limit)
    .map((one) => service.present(one));
}

/** What `GET /store/algorithmsFilter` answers. */
export async function filterAlgorithms(service: Service, filter: Filter): Promise<object> {
  const started = performance.now();
  const { cursor, page = 1, limit = DEFAULT_LIMIT } = filter;
  const all = (await load(service, filter.sort)).filter(({ definition }) => matches(definition, filter));
  // One that was deleted meanwhile begins again: nothing is left out.
  const from =
    cursor === undefined ? (page - 1) * limit : all.findIndex(({ definition }) => definition.name === cursor) + 1;
  const some = all.slice(from, from + limit);
  const last = from + limit < all.length ? some.at(-1)?.definition.name : undefined;
  return {
    hits: some.map((one) => pick(service.present(one), filter.fields)),
    ...(last !== undefined && { cursor: last }),
    timeTook: `${(performance.now() - started).toFixed(2)}ms`,
  };
}

function load(service: Service, sort: Filter['sort'], after?: string): Promise<Stored<AlgorithmDefinition>[]> {
  return service.of.definitions.list({
    ...(sort !== undefined && { order: sort === 'asc' ? 'oldest' : 'newest' }),
    ...(after !== undefined && { after }),
  });
}

function matches(definition: AlgorithmDefinition, { name, kind, algorithmImage, pending }: Filter): boolean {
  const { options } = definition;
  const isPending = isJsonObject(options) && options['pending'] === true;
  return (
    (name === undefined || definition.name.includes(name)) &&
    (kind === undefined || definition['kind'] === kind) &&
    (algorithmImage === undefined || (definition.algorithmImage !== undefined) === algorithmImage) &&
    (pending === undefined || isPending === pending)
  );
}

/** @param fields `a:true,b:true` or `a:false`, as HKube's clients write it. Default: all */
function pick(shown: object, fields = ''): object {
  const asked = new Map(
    fields
      .replaceAll(/\s/g, '')
      .split(',')
      .filter((field) => field !== '')
      .map((field) => {
        const [key = '', value] = field.split(':');
        return [key, value !== 'false'] as const;
      }),
  );
  if (asked.size === 0) return shown;
  const isPositive = [...asked.values()].includes(true);
  return Object.fromEntries(Object.entries(shown).filter(([key]) => asked.get(key) ?? !isPositive));
}
