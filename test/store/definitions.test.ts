import { expect } from 'chai';
import { PipelineError } from '../../src/domain/errors';
import type { Pipeline } from '../../src/domain/pipeline';
import type { Store } from '../../src/store/store';
import { rejection } from '../support/rejection';
import { describeStores } from '../support/stores';

const NODES = [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }];
const pipeline = (name: string, more: Partial<Pipeline> = {}): Pipeline => ({ name, nodes: NODES, ...more });

/** More than letters: each is sent as a parameter and as a part of JSON. */
const NAMES = [
  '__proto__',
  'constructor',
  `it's "quoted"; drop table x`,
  'naïve é 漢字 😀',
  '%_\\',
  ' ',
  'x'.repeat(200),
];

describeStores('definitions', ({ open }) => {
  let store: Store;

  beforeEach(async () => {
    store = await open();
  });

  it('keeps a pipeline and when it was stored', async () => {
    const before = Date.now();
    const stored = await store.pipelines.insert(pipeline('p'));
    expect(stored).to.deep.include({ definition: pipeline('p'), revision: 1 });
    expect(stored.created).to.be.within(before, Date.now());
    expect(stored.modified).to.equal(stored.created);
    expect(await store.pipelines.get('p')).to.deep.equal(stored);
  });

  it('keeps pipelines and algorithms apart', async () => {
    await store.pipelines.insert(pipeline('a'));
    await store.algorithms.insert({ name: 'a', http: { url: 'http://x', timeout: 5 } });
    expect((await store.algorithms.list()).map(({ definition }) => definition)).to.deep.equal([
      { name: 'a', http: { url: 'http://x', timeout: 5 } },
    ]);
    expect(await store.pipelines.delete('a')).to.equal(true);
    expect(await store.algorithms.get('a')).to.not.equal(undefined);
  });

  it('keeps the order of keys, numbers, and every character', async () => {
    const text =
      '{"name":"p","z":1,"a":{"__proto__":{"b":1},"constructor":null},"10":1e+21,"9":0.1,' +
      '"big":9007199254740991,"tiny":5e-324,"text":"\\u0000 \\ud800 😀 \\" \\\\ \\u2028 é"}';
    const definition = JSON.parse(text) as Pipeline;
    await store.pipelines.insert(definition);
    const { definition: found } = (await store.pipelines.get('p')) ?? {};
    expect(JSON.stringify(found)).to.equal(JSON.stringify(definition));
    expect((found as unknown as Record<string, unknown>)['text']).to.equal('\0 \ud800 😀 " \\ \u2028 é');
  });

  it('takes a definition of some megabytes', async () => {
    const large = pipeline('large', { flowInput: 'é'.repeat(4_000_000) });
    await store.pipelines.insert(large);
    expect(await store.pipelines.update('large', (current) => ({ ...current, priority: 1 }))).to.include({
      revision: 2,
    });
    expect((await store.pipelines.get('large'))?.definition).to.deep.equal({ ...large, priority: 1 });
  });

  it('refuses a second one of a name', async () => {
    await store.pipelines.insert(pipeline('p', { priority: 1 }));
    await store.algorithms.insert({ name: 'a' });
    const again = await rejection(store.pipelines.insert(pipeline('p', { priority: 2 })));
    expect(again).to.be.instanceOf(PipelineError);
    expect(again).to.include({ code: 'Conflict', message: 'pipeline p already exists' });
    expect(await rejection(store.algorithms.insert({ name: 'a' }))).to.include({
      code: 'Conflict',
      message: 'algorithm a already exists',
    });
    expect(await store.pipelines.get('p')).to.deep.include({ definition: pipeline('p', { priority: 1 }), revision: 1 });
  });

  it('changes a definition, and counts the changes', async () => {
    const { created } = await store.pipelines.insert(pipeline('p'));
    const changed = await store.pipelines.update('p', (current) => ({ ...current, priority: 1 }));
    expect(changed).to.deep.include({ definition: pipeline('p', { priority: 1 }), revision: 2, created });
    expect(changed.modified).to.be.at.least(created);
    expect(await store.pipelines.get('p')).to.deep.equal(changed);
  });

  it('writes nothing where nothing differs', async () => {
    const stored = await store.pipelines.insert(pipeline('p'));
    expect(await store.pipelines.update('p', (current) => ({ ...current }))).to.deep.equal(stored);
    expect(await store.pipelines.put(pipeline('p'))).to.deep.equal(stored);
    expect(await store.pipelines.get('p')).to.deep.equal(stored);
  });

  it('changes nothing where the change throws, renames, or has nothing to change', async () => {
    const stored = await store.pipelines.insert(pipeline('p'));
    const failure = new Error('no');
    const throwing = store.pipelines.update('p', () => {
      throw failure;
    });
    expect(await rejection(throwing)).to.equal(failure);
    expect(await rejection(store.pipelines.update('p', () => pipeline('q')))).to.include({
      code: 'InvalidPipeline',
      message: 'pipeline name cannot be changed from "p"',
    });
    for (const name of ['q', 'p\0']) {
      expect(await rejection(store.pipelines.update(name, (current) => current))).to.include({
        code: 'NotFound',
        message: `pipeline ${name} Not Found`,
      });
    }
    expect(await store.pipelines.list()).to.deep.equal([stored]);
  });

  it('puts what is new and what is there', async () => {
    const { created, ...first } = await store.pipelines.put(pipeline('p'));
    expect(first).to.deep.include({ definition: pipeline('p'), revision: 1 });
    const second = await store.pipelines.put(pipeline('p', { priority: 1 }));
    expect(second).to.deep.include({ definition: pipeline('p', { priority: 1 }), revision: 2, created });
    expect(await store.pipelines.get('p')).to.deep.equal(second);
  });

  it('deletes once', async () => {
    await store.pipelines.insert(pipeline('p'));
    expect(await store.pipelines.delete('q')).to.equal(false);
    expect(await store.pipelines.delete('p')).to.equal(true);
    expect(await store.pipelines.delete('p')).to.equal(false);
    expect(await store.pipelines.get('p')).to.equal(undefined);
    expect(await store.pipelines.insert(pipeline('p'))).to.include({ revision: 1 });
  });

  it('finds many by their names', async () => {
    for (const name of ['a', 'b', 'c']) await store.pipelines.insert(pipeline(name));
    const names = ['c', 'nobody', 'a', 'c', 'a\0', '\ud800'];
    const found = await store.pipelines.getMany(names);
    expect(found.map(({ definition }) => definition.name)).to.have.members(['a', 'c']);
    expect(await store.pipelines.getMany([])).to.deep.equal([]);
    const more = Array.from({ length: 40_000 }, (_, index) => `n${String(index)}`);
    expect(await store.pipelines.getMany([...more, 'b'])).to.have.length(1);
  });

  it('lists by code points, a page at a time', async () => {
    const names = ['B', 'a', 'Z', 'b', 'ä', '😀', '\uffee', 'a-b', 'ab', 'A'];
    const sorted = ['A', 'B', 'Z', 'a', 'a-b', 'ab', 'b', 'ä', '\uffee', '😀'];
    for (const name of names) await store.pipelines.insert(pipeline(name));
    const list = async (options?: Parameters<typeof store.pipelines.list>[0]): Promise<string[]> =>
      (await store.pipelines.list(options)).map(({ definition }) => definition.name);
    expect(await list()).to.deep.equal(sorted);
    expect(await list({ limit: 3 })).to.deep.equal(sorted.slice(0, 3));
    expect(await list({ after: 'Z', limit: 2 })).to.deep.equal(['a', 'a-b']);
    expect(await list({ after: '\uffee' })).to.deep.equal(['😀']);
    expect(await list({ after: 'a\0b', limit: 1 })).to.deep.equal(['a-b']);
    expect(await list({ after: '😀' })).to.deep.equal([]);
    expect(await list({ limit: 0 })).to.deep.equal([]);
  });

  for (const name of NAMES) {
    it(`takes the name ${JSON.stringify(name.slice(0, 20))} of ${String(name.length)} characters`, async () => {
      const definition = { name, [name]: name, nodes: NODES };
      const stored = await store.pipelines.insert(definition);
      expect(stored.definition).to.deep.equal(definition);
      expect(await store.pipelines.getMany([name])).to.deep.equal([stored]);
      expect(await rejection(store.pipelines.insert({ name, nodes: [] }))).to.include({
        message: `pipeline ${name} already exists`,
      });
      expect(await store.pipelines.update(name, (current) => ({ ...current, tags: [name] }))).to.include({
        revision: 2,
      });
      expect(await store.pipelines.delete(name)).to.equal(true);
    });
  }

  for (const [name, message] of [
    ['', 'data.name should NOT be shorter than 1 characters'],
    ['x'.repeat(201), 'data.name should NOT be longer than 200 characters'],
    ['a\0b', 'pipeline name must not contain NUL or half of a surrogate pair'],
    ['\udc00', 'pipeline name must not contain NUL or half of a surrogate pair'],
  ] as const) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 20))} of ${String(name.length)} characters, and has none`, async () => {
      for (const write of ['insert', 'put'] as const) {
        expect(await rejection(store.pipelines[write](pipeline(name)))).to.include({
          code: 'InvalidPipeline',
          message,
        });
      }
      expect(await store.pipelines.get(name)).to.equal(undefined);
      expect(await store.pipelines.delete(name)).to.equal(false);
    });
  }
});
