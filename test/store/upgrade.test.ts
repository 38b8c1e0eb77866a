import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import { fillOldStore, type OldRow } from '../support/old-store';
import { describeStores } from '../support/stores';

const NAMES = Array.from({ length: 450 }, (_, index) => `p-${String(index).padStart(3, '0')}`);

describeStores('a store of before there were versions', ({ open, empty }) => {
  const definition = (name: string): string => `{"name":"${name}","nodes":[],"z":1e+21,"text":"it's \\u0000 é"}`;
  const rows: OldRow[] = [
    ...NAMES.map((name, index) => ({
      table: 'stored_pipelines' as const,
      name,
      definition: definition(name),
      revision: index + 1,
      created: 1_000,
      modified: 2_000 + index,
    })),
    {
      table: 'stored_algorithms',
      name: 'a',
      definition: '{"name":"a","algorithmImage":"registry/a:1","odd":[null]}',
      revision: 7,
      created: 5,
      modified: 6,
    },
    { table: 'stored_endpoints', name: 'e', definition: '{"name":"e"}', revision: 3, created: 7, modified: 8 },
  ];

  it('keeps all that is in it, and has a first version of each definition', async () => {
    const options = await empty();
    await fillOldStore(options, rows);
    const store = await open(options);
    const pipelines = await store.pipelines.list();
    expect(pipelines.map((one) => one.definition.name)).to.deep.equal(NAMES);
    expect(new Set(pipelines.map(({ version }) => version))).to.have.property('size', NAMES.length);
    for (const [index, stored] of pipelines.entries()) {
      const { version, auditTrail, ...rest } = stored;
      const modified = 2_000 + index;
      expect(JSON.stringify(rest.definition)).to.equal(definition(NAMES[index] ?? ''));
      expect(rest).to.include({ revision: index + 1, created: 1_000, modified });
      expect(version).to.match(/^[a-z0-9]{10}$/);
      expect(auditTrail).to.deep.equal([{ user: 'anonymous', timestamp: modified, version }]);
    }
    const [last] = await store.pipelines.versions.list(NAMES.at(-1) ?? '', 10);
    expect(last).to.deep.include({ number: 1, created: 2_449, createdBy: 'anonymous', labels: {} });
    expect(last?.definition).to.deep.equal(pipelines.at(-1)?.definition);

    const algorithm = await store.algorithms.get('a');
    expect(algorithm).to.deep.include({
      definition: { name: 'a', algorithmImage: 'registry/a:1', odd: [null] },
      revision: 7,
      created: 5,
      modified: 6,
    });
    expect(await store.endpoints.get('e')).to.deep.include({ revision: 3, version: '3', auditTrail: [] });
    expect((await store.experiments.list()).map((one) => one.definition.name)).to.deep.equal(['main']);
  });

  it('goes on from that version', async () => {
    const options = await empty();
    await fillOldStore(options, rows);
    const store = await open(options);
    const first = await store.pipelines.get('p-000');
    await store.pipelines.update('p-000', (current): Pipeline => ({ ...current, priority: 1 }), 'ada');
    const versions = await store.pipelines.versions.list('p-000', 10);
    expect(versions.map(({ number, createdBy }) => [number, createdBy])).to.deep.equal([
      [2, 'ada'],
      [1, 'anonymous'],
    ]);
    await store.pipelines.versions.apply('p-000', first?.version ?? '');
    expect(await store.pipelines.get('p-000')).to.deep.include({ definition: first?.definition, revision: 3 });
  });
});
