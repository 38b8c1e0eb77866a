/** Stored pipelines, none of which triggers itself, and whose changes somebody is told of: whatever way they come. */
import type { Pipeline } from '../domain/pipeline';
import { refuseTriggerCycle } from '../domain/triggers';
import type { Definitions, StoredTriggers } from './store';

/**
 * @param changed told once a change is stored; it must not throw
 */
export function guardPipelines(
  inner: Definitions<Pipeline>,
  triggers: Pick<StoredTriggers, 'list'>,
  changed: (name: string) => Promise<void> = () => Promise.resolve(),
): Definitions<Pipeline> {
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
    async insert(pipeline) {
      await check(pipeline);
      return await told(pipeline.name, inner.insert(pipeline));
    },
    async put(pipeline) {
      await check(pipeline);
      return await told(pipeline.name, inner.put(pipeline));
    },
    async update(name, change) {
      const stored = await triggers.list();
      const checked = (current: Pipeline): Pipeline => {
        const next = change(current);
        refuseTriggerCycle(next, stored);
        return next;
      };
      return await told(name, inner.update(name, checked));
    },
    delete: (name) => told(name, inner.delete(name)),
  };
}
