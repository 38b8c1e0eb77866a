/** Stored pipelines, none of which triggers itself, and whose changes somebody is told of: whatever way they come. */
import type { Pipeline } from '../domain/pipeline';
import { refuseTriggerCycle } from '../domain/triggers';
import type { StoredTriggers, VersionedDefinitions } from './store';

/**
 * @param changed told once a change is stored; it must not throw
 */
export function guardPipelines(
  inner: VersionedDefinitions<Pipeline>,
  triggers: Pick<StoredTriggers, 'list'>,
  changed: (name: string) => Promise<void> = () => Promise.resolve(),
): VersionedDefinitions<Pipeline> {
  /** One that nothing triggers closes no cycle. */
  const check = async (pipeline: Pipeline): Promise<void> => {
    if ((pipeline.triggers?.pipelines ?? []).length > 0) refuseTriggerCycle(pipeline, await triggers.list());
  };
  const told = async <R>(name: string, writing: Promise<R>): Promise<R> => {
    const written = await writing;
    await changed(name);
    return written;
  };
  return {
    get: (name) => inner.get(name),
    getMany: (names) => inner.getMany(names),
    list: (options) => inner.list(options),
    async insert(pipeline, user) {
      await check(pipeline);
      return await told(pipeline.name, inner.insert(pipeline, user));
    },
    async put(pipeline, user) {
      await check(pipeline);
      return await told(pipeline.name, inner.put(pipeline, user));
    },
    async update(name, change, user) {
      const stored = await triggers.list();
      const checked = (current: Pipeline): Pipeline => {
        const next = change(current);
        refuseTriggerCycle(next, stored);
        return next;
      };
      return await told(name, inner.update(name, checked, user));
    },
    delete: (name, options) => told(name, inner.delete(name, options)),
    readmes: inner.readmes,
    versions: {
      list: (name, limit) => inner.versions.list(name, limit),
      get: (name, version) => inner.versions.get(name, version),
      async apply(name, version, user) {
        await check((await inner.versions.get(name, version)).definition);
        return await told(name, inner.versions.apply(name, version, user));
      },
      label: (name, version, labels) => inner.versions.label(name, version, labels),
      delete: (name, version) => inner.versions.delete(name, version),
    },
  };
}
