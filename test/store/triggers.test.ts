import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import type { Store } from '../../src/store/store';
import { rejection } from '../support/rejection';
import { describeStores } from '../support/stores';

const NODES = [{ nodeName: 'green', algorithmName: 'green-alg' }];
const pipeline = (name: string, more: Partial<Pipeline> = {}): Pipeline => ({ name, nodes: NODES, ...more });
const after = (name: string, ...pipelines: string[]): Pipeline => pipeline(name, { triggers: { pipelines } });

describeStores('triggers of stored pipelines', ({ open, empty }) => {
  let store: Store;

  beforeEach(async () => {
    store = await open();
  });

  it('are found by who triggers', async () => {
    await store.pipelines.insert(after('c', 'a_b', 'x'));
    await store.pipelines.insert(after('b', 'a_b'));
    await store.pipelines.insert(after('d', 'a-b'));
    await store.pipelines.insert(
      pipeline('e', { description: '"a_b"', flowInput: { triggers: { pipelines: ['a_b'] } } }),
    );
    expect(await store.triggers.triggeredBy('a_b')).to.deep.equal(['b', 'c']);
    expect(await store.triggers.triggeredBy('a-b')).to.deep.equal(['d']);
    expect(await store.triggers.triggeredBy('e')).to.deep.equal([]);
    await store.pipelines.update('c', () => after('c', 'x'));
    await store.pipelines.delete('b');
    expect(await store.triggers.triggeredBy('a_b')).to.deep.equal([]);
  });

  it('are listed', async () => {
    await store.pipelines.insert(after('c', 'a'));
    const cron = { pattern: '0 * * * *', enabled: true };
    await store.pipelines.insert(pipeline('b', { triggers: { cron } }));
    await store.pipelines.insert(pipeline('a'));
    expect(await store.triggers.list()).to.deep.equal([
      { name: 'b', triggers: { cron } },
      { name: 'c', triggers: { pipelines: ['a'] } },
    ]);
  });

  it('make no cycle, whichever way they are stored', async () => {
    await store.pipelines.insert(after('b', 'a'));
    await store.pipelines.insert(after('c', 'b'));
    await store.pipelines.insert(pipeline('a', { description: 'before' }));
    const cyclic = {
      code: 'InvalidPipeline',
      message: 'the pipelines triggers is cyclic',
      details: ['a', 'b', 'c', 'a'],
    };
    expect(await rejection(store.pipelines.insert(after('a', 'c')))).to.deep.include(cyclic);
    expect(await rejection(store.pipelines.put(after('a', 'c')))).to.deep.include(cyclic);
    expect(await rejection(store.pipelines.update('a', () => after('a', 'c')))).to.deep.include(cyclic);
    expect((await store.pipelines.get('a'))?.definition).to.have.property('description', 'before');
    await store.pipelines.put(after('a', 'z'));
  });

  it('are told of when they may have changed', async () => {
    const told: string[] = [];
    const telling = await open({
      ...(await empty()),
      pipelineChanged: async (name) => {
        told.push(`${name} ${String((await telling.pipelines.get(name))?.revision ?? 'gone')}`);
      },
    });
    await telling.pipelines.insert(pipeline('a'));
    await telling.pipelines.put(after('a', 'x'));
    await telling.pipelines.update('a', (current) => ({ ...current, description: 'new' }));
    await telling.pipelines.delete('a');
    await rejection(telling.pipelines.update('a', (current) => current));
    expect(told).to.deep.equal(['a 1', 'a 2', 'a 3', 'a gone']);
  });
});
