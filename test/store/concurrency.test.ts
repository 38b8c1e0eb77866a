import { expect } from 'chai';
import type { PipelineError } from '../../src/domain/errors';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { inProcess, inProcesses } from '../support/store-process';
import { describeStores } from '../support/stores';

const NAME = 'shared';
const WRITERS = 20;
const STEPS = ['0001-definitions', '0002-endpoints', '0003-versions', '0004-experiments', '0010-triggers'];

/** What each writer adds; all of them must be there in the end. */
const tags = (prefix: string): string[] => Array.from({ length: WRITERS }, (_, index) => `${prefix}-${String(index)}`);

describeStores('several at once', ({ open, empty }) => {
  async function expectTags(store: Store, expected: readonly string[]): Promise<void> {
    const { definition, revision } = (await store.pipelines.get(NAME)) ?? {};
    expect(definition?.tags).to.have.members([...expected]);
    expect(revision).to.equal(expected.length + 1);
  }

  const append = (store: Store, tag: string): Promise<unknown> =>
    store.pipelines.update(NAME, (current) => ({ ...current, tags: [...(current.tags ?? []), tag] }));

  it('make the schema once in five processes', async () => {
    const options = await empty();
    const steps = await inProcesses(Array.from({ length: 5 }, () => ({ options })));
    expect(steps.flat()).to.deep.equal(STEPS);
    const store = await open(options);
    expect(await store.pipelines.list()).to.deep.equal([]);
    expect(await store.algorithms.list()).to.deep.equal([]);
  });

  it('make the schema once in one process', async () => {
    const options = await empty();
    const steps: unknown[] = [];
    const log = { info: (details: object) => steps.push(details), warn: () => undefined };
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ ...options, log })));
    await Promise.all(stores.map((store) => store.close()));
    expect(steps).to.deep.equal([{ steps: STEPS }]);
  });

  it('lose no change of twenty writers', async () => {
    const store = await open();
    await store.pipelines.insert({ name: NAME, nodes: [] });
    await Promise.all(tags('own').map((tag) => append(store, tag)));
    await expectTags(store, tags('own'));
  });

  it('lose no change of twenty writers in each of two processes, and of twenty here', async () => {
    const options = await empty();
    const store = await open(options);
    await store.pipelines.insert({ name: NAME, nodes: [] });
    const children = ['one', 'other'].map((prefix) => ({ options, append: { name: NAME, tags: tags(prefix) } }));
    await Promise.all([inProcesses(children), ...tags('own').map((tag) => append(store, tag))]);
    await expectTags(store, [...tags('one'), ...tags('other'), ...tags('own')]);
  });

  it('insert one of a name, and the others are told', async () => {
    const options = await empty();
    const [one, other] = [await open(options), await open(options)];
    const inserts = Array.from({ length: WRITERS }, (_, index) =>
      (index % 2 === 0 ? one : other).pipelines.insert({ name: NAME, nodes: [], priority: index }),
    );
    const results = await Promise.allSettled(inserts);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as PipelineError] : []));
    expect(refused).to.have.length(WRITERS - 1);
    expect(new Set(refused.map(({ code }) => code))).to.deep.equal(new Set(['Conflict']));
  });

  it('change what was deleted and stored again meanwhile, not what was there before', async () => {
    const options = await empty();
    const store = await open(options);
    await store.pipelines.insert({ name: NAME, nodes: [], description: 'old' });
    const seen: unknown[] = [];
    const updated = await store.pipelines.update(NAME, (current) => {
      // Synchronous, so between the look at the definition and the change of it.
      if (seen.length === 0) inProcess({ options, replace: { name: NAME, nodes: [], description: 'new' } });
      seen.push(current.description);
      return { ...current, priority: 1 };
    });
    expect(seen).to.deep.equal(['old', 'new']);
    // Stored again at 1, changed to 2: by its number alone the new one could not be told from the old.
    expect(updated).to.deep.include({
      definition: { name: NAME, nodes: [], description: 'new', priority: 1 },
      revision: 2,
    });
  });
});
