/** A store for the tests whose definitions need not outlive them. */
import { PipelineError } from '../../src/domain/errors';
import type { Definitions, Store, Stored } from '../../src/store/store';

export function memoryStore(): Store {
  return {
    pipelines: definitions('pipeline'),
    algorithms: definitions('algorithm'),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function definitions<T extends { readonly name: string }>(kind: string): Definitions<T> {
  const all = new Map<string, Stored<T>>();
  const write = (definition: T): Stored<T> => {
    const old = all.get(definition.name);
    if (old !== undefined && JSON.stringify(old.definition) === JSON.stringify(definition)) return old;
    const now = Date.now();
    const next = { definition, revision: (old?.revision ?? 0) + 1, created: old?.created ?? now, modified: now };
    all.set(definition.name, next);
    return next;
  };
  return {
    get: (name) => Promise.resolve(all.get(name)),
    getMany: (names) => Promise.resolve(names.flatMap((name) => all.get(name) ?? [])),
    list: () => Promise.resolve([...all.values()].sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1))),
    async insert(definition) {
      if (all.has(definition.name)) throw new PipelineError('Conflict', `${kind} ${definition.name} already exists`);
      return Promise.resolve(write(definition));
    },
    async update(name, change) {
      const old = all.get(name);
      if (old === undefined) throw new PipelineError('NotFound', `${kind} ${name} Not Found`);
      return Promise.resolve(write(change(old.definition)));
    },
    put: (definition) => Promise.resolve(write(definition)),
    delete: (name) => Promise.resolve(all.delete(name)),
  };
}
