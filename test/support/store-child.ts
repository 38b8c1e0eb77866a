/** A process that does one task with a store: at once, or on the word of its parent if that can talk to it. */
import type { Pipeline } from '../../src/domain/pipeline';
import { openStore, type StoreOptions } from '../../src/store/open-store';

/** The only argument, as JSON. */
export interface StoreTask {
  readonly options: StoreOptions;
  /** Appends to the tags of this stored pipeline, all at the same time. */
  readonly append?: { readonly name: string; readonly tags: readonly string[] };
  /** Deletes the one of this name, and stores this. */
  readonly replace?: Pipeline;
}

/** The answer: the steps of the schema that this process took. */
export type StoreReport = { readonly steps: readonly string[] } | { readonly error: string };

async function work({ options, append, replace }: StoreTask): Promise<StoreReport> {
  const steps: string[] = [];
  const store = await openStore({
    ...options,
    log: {
      info: (details) => steps.push(...(details as { steps: string[] }).steps),
      warn: () => undefined,
    },
  });
  if (append !== undefined) {
    await Promise.all(
      append.tags.map((tag) =>
        store.pipelines.update(append.name, (current) => ({ ...current, tags: [...(current.tags ?? []), tag] })),
      ),
    );
  }
  if (replace !== undefined) {
    await store.pipelines.delete(replace.name);
    await store.pipelines.insert(replace);
  }
  await store.close();
  return { steps };
}

const task = JSON.parse(process.argv[2] ?? '') as StoreTask;
if (process.send === undefined) {
  void work(task);
} else {
  process.once('message', () => {
    void work(task)
      .catch((error: unknown): StoreReport => ({ error: error instanceof Error ? String(error.stack) : String(error) }))
      .then((report) => process.send?.(report, () => process.exit()));
  });
  process.send('loaded');
}
