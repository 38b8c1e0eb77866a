import { expect } from 'chai';
import fc from 'fast-check';
import type { Pipeline } from '../../src/domain/pipeline';
import type { Store } from '../../src/store/store';
import { rejection } from '../support/rejection';
import { describeStores } from '../support/stores';

const pipeline = (name: string, more: Partial<Pipeline> = {}): Pipeline => ({ name, nodes: [], ...more });

describeStores('versions', ({ open }) => {
  let store: Store;

  beforeEach(async () => {
    store = await open();
  });

  const numbers = async (name: string): Promise<number[]> =>
    (await store.pipelines.versions.list(name, 100)).map(({ number }) => number);

  it('are made by each change, with its author, and by nothing else', async () => {
    const first = await store.pipelines.insert(pipeline('p'));
    expect(first.version).to.match(/^[a-z0-9]{10}$/);
    expect(first.auditTrail).to.deep.equal([{ user: 'anonymous', timestamp: first.created, version: first.version }]);
    await store.pipelines.update('p', (current) => ({ ...current }), 'ada');
    await store.pipelines.put(pipeline('p'), 'ada');
    expect(await store.pipelines.get('p')).to.deep.equal(first);
    const second = await store.pipelines.update('p', (current) => ({ ...current, priority: 1 }), 'ada');
    const third = await store.pipelines.put(pipeline('p', { priority: 2 }), 'bob');
    expect(third.auditTrail.map(({ user, version }) => [user, version])).to.deep.equal([
      ['bob', third.version],
      ['ada', second.version],
      ['anonymous', first.version],
    ]);
    const versions = await store.pipelines.versions.list('p', 100);
    expect(versions.map(({ version, createdBy }) => [version, createdBy])).to.deep.equal([
      [third.version, 'bob'],
      [second.version, 'ada'],
      [first.version, 'anonymous'],
    ]);
    expect(versions[0]).to.deep.equal({
      name: 'p',
      number: 3,
      version: third.version,
      definition: third.definition,
      created: third.modified,
      createdBy: 'bob',
      labels: {},
    });
    expect(await store.pipelines.versions.list('p', 1)).to.deep.equal(versions.slice(0, 1));
    expect(await store.pipelines.versions.get('p', first.version)).to.deep.equal(versions[2]);
    expect(await store.pipelines.get('p')).to.deep.equal(third);
    expect(await store.pipelines.list()).to.deep.equal([third]);
    expect(await store.pipelines.getMany(['p'])).to.deep.equal([third]);
  });

  it('are of pipelines and algorithms apart', async () => {
    await store.pipelines.insert(pipeline('a'));
    await store.algorithms.insert({ name: 'a' });
    await store.algorithms.update('a', () => ({ name: 'a', cpu: 1 }));
    expect(await numbers('a')).to.deep.equal([1]);
    expect((await store.algorithms.versions.list('a', 9)).map(({ definition }) => definition)).to.deep.equal([
      { name: 'a', cpu: 1 },
      { name: 'a' },
    ]);
  });

  it('become what is stored again', async () => {
    const first = await store.pipelines.insert(pipeline('p', { priority: 1 }), 'ada');
    const second = await store.pipelines.put(pipeline('p', { priority: 2 }), 'bob');
    const applied = await store.pipelines.versions.apply('p', first.version, 'eve');
    expect(applied).to.include({ version: first.version, createdBy: 'ada', number: 1 });
    const current = await store.pipelines.get('p');
    expect(current).to.deep.include({ definition: first.definition, version: first.version, revision: 3 });
    expect(current?.auditTrail).to.deep.equal([
      { user: 'eve', timestamp: current?.modified, version: first.version },
      ...second.auditTrail,
    ]);
    expect(await numbers('p')).to.deep.equal([2, 1]);
    await store.pipelines.versions.apply('p', first.version, 'eve');
    expect(await store.pipelines.get('p')).to.deep.equal(current);
    await store.pipelines.put(pipeline('p', { priority: 3 }));
    expect(await numbers('p')).to.deep.equal([3, 2, 1]);
  });

  it('are deleted one by one, but not the current one', async () => {
    const first = await store.pipelines.insert(pipeline('p'));
    const second = await store.pipelines.put(pipeline('p', { priority: 2 }));
    expect(await rejection(store.pipelines.versions.delete('p', second.version))).to.include({
      code: 'WrongState',
      message: 'unable to remove the currently used version',
    });
    await store.pipelines.versions.delete('p', first.version);
    expect(await numbers('p')).to.deep.equal([2]);
    expect((await store.pipelines.get('p'))?.auditTrail).to.have.length(2);
  });

  it('have labels, of which each stays by itself', async () => {
    const { version } = await store.algorithms.insert({ name: 'a' });
    const { versions } = store.algorithms;
    await Promise.all([
      versions.label('a', version, { alias: 'good \0 \ud800' }),
      versions.label('a', version, { tags: ['x', 'y'] }),
      versions.label('a', version, { pinned: true }),
    ]);
    expect(await versions.label('a', version, { tags: ['z'] })).to.deep.include({
      labels: { alias: 'good \0 \ud800', tags: ['z'], pinned: true },
    });
    expect(await versions.get('a', version)).to.deep.include({
      labels: { alias: 'good \0 \ud800', tags: ['z'], pinned: true },
    });
  });

  it('stay when the definition is deleted, unless they are not to', async () => {
    const first = await store.pipelines.insert(pipeline('p'));
    await store.pipelines.delete('p');
    expect(await numbers('p')).to.deep.equal([1]);
    expect(await store.pipelines.versions.get('p', first.version)).to.deep.include({ definition: first.definition });
    const again = await store.pipelines.insert(pipeline('p', { priority: 1 }));
    expect(again.revision).to.equal(1);
    expect(again.auditTrail).to.have.length(1);
    expect(await numbers('p')).to.deep.equal([2, 1]);
    await store.pipelines.versions.apply('p', first.version);
    expect((await store.pipelines.get('p'))?.definition).to.deep.equal(first.definition);
    await store.pipelines.insert(pipeline('q'));
    await store.pipelines.delete('p', { keepVersions: false });
    expect(await numbers('p')).to.deep.equal([]);
    expect(await numbers('q')).to.deep.equal([1]);
    await store.pipelines.insert(pipeline('p'));
    expect(await numbers('p')).to.deep.equal([1]);
  });

  it('are not found where they are not', async () => {
    const { version } = await store.pipelines.insert(pipeline('p'));
    await store.pipelines.insert(pipeline('q'));
    const { versions } = store.pipelines;
    const calls = {
      get: (name: string, id: string) => versions.get(name, id),
      apply: (name: string, id: string) => versions.apply(name, id),
      delete: (name: string, id: string) => versions.delete(name, id),
      label: (name: string, id: string) => versions.label(name, id, { alias: 'x' }),
    };
    for (const call of Object.values(calls)) {
      for (const [name, id, message] of [
        ['none', version, 'pipeline none Not Found'],
        ['a\0', version, 'pipeline a\0 Not Found'],
        ['q', version, `version ${version} Not Found`],
        ['q', 'no-such', 'version no-such Not Found'],
        ['q', '\ud800', 'version \ud800 Not Found'],
      ] as const) {
        expect(await rejection(call(name, id))).to.include({ code: 'NotFound', message });
      }
    }
    expect(await versions.list('none', 9)).to.deep.equal([]);
    expect(await versions.list('\0', 9)).to.deep.equal([]);
  });

  it('are numbered without a gap by twenty writers at once', async () => {
    await store.pipelines.insert(pipeline('p', { tags: [] }));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.pipelines.update('p', (current) => ({ ...current, tags: [...(current.tags ?? []), String(index)] })),
      ),
    );
    expect(await numbers('p')).to.deep.equal(Array.from({ length: 21 }, (_, index) => 21 - index));
    const [newest] = await store.pipelines.versions.list('p', 1);
    expect(newest).to.include({ version: (await store.pipelines.get('p'))?.version });
  });

  it('are never lost to a deletion at the same time', async () => {
    await store.pipelines.insert(pipeline('p'));
    await store.pipelines.put(pipeline('p', { priority: 1 }));
    const [, old] = await store.pipelines.versions.list('p', 2);
    const version = old?.version ?? '';
    const outcomes = await Promise.allSettled([
      store.pipelines.versions.apply('p', version),
      store.pipelines.versions.delete('p', version),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    const current = await store.pipelines.get('p');
    expect(await store.pipelines.versions.get('p', current?.version ?? '')).to.deep.include({
      definition: current?.definition,
    });
  });

  it('keep a trail that does not grow for ever', async () => {
    await store.pipelines.insert(pipeline('p'));
    for (let priority = 0; priority < 110; priority++) await store.pipelines.put(pipeline('p', { priority }));
    const { auditTrail = [], version } = (await store.pipelines.get('p')) ?? {};
    expect(auditTrail).to.have.length(100);
    expect(auditTrail[0]?.version).to.equal(version);
    expect(await store.pipelines.versions.list('p', 1_000)).to.have.length(111);
  });

  it('tell what each was, whatever was done', async () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('put' as const), priority: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ act: fc.constant('apply' as const), pick: fc.nat(9) }),
      fc.record({ act: fc.constant('remove' as const), pick: fc.nat(9) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uuid(), fc.array(step, { maxLength: 8 }), async (name, steps) => {
        const was = new Map<string, Pipeline>();
        let { version, definition: current } = await store.pipelines.insert(pipeline(name));
        was.set(version, current);
        for (const one of steps) {
          if (one.act === 'put') {
            ({ version, definition: current } = await store.pipelines.put(pipeline(name, { priority: one.priority })));
            was.set(version, current);
            continue;
          }
          const picked = [...was.keys()][one.pick % was.size] ?? '';
          if (one.act === 'apply') {
            await store.pipelines.versions.apply(name, picked);
            [version, current] = [picked, was.get(picked) ?? current];
          } else if (picked !== version) {
            await store.pipelines.versions.delete(name, picked);
            was.delete(picked);
          }
        }
        const versions = await store.pipelines.versions.list(name, 100);
        expect(new Map(versions.map((one) => [one.version, one.definition]))).to.deep.equal(was);
        expect(await store.pipelines.get(name)).to.deep.include({ version, definition: current });
      }),
      { numRuns: 25 },
    );
  });
});

describeStores('readmes', ({ open }) => {
  it('lie beside a definition, and go with it', async () => {
    const store = await open();
    const { readmes } = store.pipelines;
    expect(await rejection(readmes.put('p', 'text'))).to.include({ code: 'NotFound', message: 'pipeline p Not Found' });
    expect(await rejection(readmes.put('\0', 'text'))).to.include({ code: 'NotFound' });
    const stored = await store.pipelines.insert(pipeline('p'));
    expect(await readmes.get('p')).to.equal(undefined);
    expect(await readmes.delete('p')).to.equal(false);
    await readmes.put('p', '');
    expect(await readmes.get('p')).to.equal('');
    const text = `# 漢字 😀\n${'x'.repeat(500_000)}`;
    await readmes.put('p', text);
    expect(await readmes.get('p')).to.equal(text);
    expect(await store.pipelines.get('p')).to.deep.equal(stored);
    await store.pipelines.put(pipeline('p', { priority: 1 }));
    expect(await readmes.get('p')).to.equal(text);
    expect(await store.algorithms.readmes.get('p')).to.equal(undefined);
    expect(await readmes.delete('p')).to.equal(true);
    expect(await readmes.get('p')).to.equal(undefined);
    await readmes.put('p', text);
    await store.pipelines.delete('p');
    await store.pipelines.insert(pipeline('p'));
    expect(await readmes.get('p')).to.equal(undefined);
    expect(await readmes.get('\0')).to.equal(undefined);
    expect(await readmes.delete('\0')).to.equal(false);
  });
});

describeStores('many definitions', ({ open }) => {
  it('are read a page at a time, by name or by age', async () => {
    const store = await open();
    const names = Array.from({ length: 120 }, (_, index) => `p-${String((index * 37) % 120).padStart(3, '0')}`);
    for (const name of names) await store.pipelines.insert(pipeline(name));
    const paged: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.pipelines.list({ limit: 25, ...(after !== undefined && { after }) });
      paged.push(...page.map(({ definition }) => definition.name));
      after = page.at(-1)?.definition.name;
      if (after === undefined) break;
    }
    expect(paged).to.deep.equal(names.toSorted());
    const byAge = async (order: 'oldest' | 'newest'): Promise<number[]> =>
      (await store.pipelines.list({ order, limit: 50 })).map(({ created }) => created);
    const oldest = await byAge('oldest');
    expect(oldest)
      .to.have.length(50)
      .and.to.deep.equal(oldest.toSorted((one, other) => one - other));
    const newest = await byAge('newest');
    expect(newest).to.deep.equal(newest.toSorted((one, other) => other - one));
    expect(newest[0]).to.be.at.least(oldest[49] ?? Infinity);
  });
});
