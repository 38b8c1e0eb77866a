import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { Announcement, RegisteredAlgorithm } from '../../src/domain/registry';
import { announce, createRegistryReader, readRegistry } from '../../src/temporal/registry';
import { ALGORITHM_REGISTRY, announceSignal, registryId } from '../../workflows/messages';
import { useWorker } from '../support/suite';
import { startWorker } from '../support/worker';
import { until } from '../support/until';

// Who serves which algorithm, by what workers have announced (DESIGN.md, «Who serves an algorithm»).

describe('the registry of algorithms', () => {
  const suite = useWorker({
    algorithms: {
      'own-alg': () => 1,
      'wide-alg': { run: () => 2, concurrency: 7 },
      'sized-alg': { run: () => 3, blockSize: 9 },
      'short-alg': { run: () => 3, short: true },
    },
  });

  async function found(name: string): Promise<RegisteredAlgorithm | undefined> {
    return (await readRegistry(suite.client, suite.worker.taskQueue)).get(name);
  }

  it('has what a worker announced at its start', async () => {
    const { taskQueue } = suite.worker;
    expect(await found('own-alg')).to.deep.equal({ taskQueue });
    expect(await found('wide-alg')).to.deep.equal({ taskQueue, concurrency: 7 });
    expect(await found('sized-alg')).to.deep.equal({ taskQueue, blockSize: 9 });
    expect(await found('short-alg')).to.deep.equal({ taskQueue, short: true });
    expect(await found('nobodys-alg')).to.equal(undefined);
  });

  it('has the algorithms of other queues, of which the latest announcement has a name', async () => {
    const [one, two, shared] = [`a-${randomUUID()}`, `b-${randomUUID()}`, `s-${randomUUID()}`];
    // Queues of the test's own keep their registries when their workers end.
    const start = (algorithms: Algorithms) =>
      startWorker(suite.temporal, { taskQueue: `test-${randomUUID()}`, algorithms });
    const first = await start({ [one]: () => 1, [shared]: () => 1 });
    const second = await start({ [two]: () => 2, [shared]: () => 2 });
    await until('both are seen', async () => (await found(one)) !== undefined && (await found(two)) !== undefined);
    expect((await found(one))?.taskQueue).to.equal(first.taskQueue);
    expect((await found(shared))?.taskQueue).to.equal(second.taskQueue);
    await first.stop();
    const again = await startWorker(suite.temporal, {
      taskQueue: first.taskQueue,
      algorithms: { [one]: () => 1, [shared]: () => 1 },
    });
    await until('the newer has it', async () => (await found(shared))?.taskQueue === first.taskQueue);
    await Promise.all([again.stop(), second.stop()]);
    // No worker of either queue is left.
    expect((await found(one))?.taskQueue).to.equal(first.taskQueue);
    expect((await found(two))?.taskQueue).to.equal(second.taskQueue);
  });

  it('takes a later announcement of a queue for the earlier, and no earlier for the later', async () => {
    const { taskQueue } = suite.worker;
    const now = Date.now();
    await announce(suite.client, { taskQueue, at: now + 2, algorithms: { 'new-alg': {} } });
    expect(await found('own-alg')).to.equal(undefined);
    const handle = suite.client.workflow.getHandle(registryId(taskQueue));
    await handle.signal(announceSignal, { taskQueue, at: now + 1, algorithms: { 'own-alg': {} } });
    await announce(suite.client, { taskQueue, at: now + 3, algorithms: { 'newest-alg': {} } });
    expect(await found('newest-alg')).to.deep.equal({ taskQueue });
    expect([await found('new-alg'), await found('own-alg')]).to.deep.equal([undefined, undefined]);
  });

  it('passes over what is no announcement', async () => {
    const { taskQueue } = suite.worker;
    const handle = suite.client.workflow.getHandle(registryId(taskQueue));
    await handle.signal(announceSignal, { taskQueue, at: 'never' } as unknown as Announcement);
    await announce(suite.client, { taskQueue, at: Date.now() + 10, algorithms: { 'after-alg': {} } });
    expect(await found('after-alg')).to.deep.equal({ taskQueue });
    const bad = await suite.client.workflow.start(ALGORITHM_REGISTRY, {
      workflowId: randomUUID(),
      taskQueue,
      args: ['nothing'],
    });
    expect(await bad.result().catch((error: unknown) => (error as { cause: unknown }).cause)).to.include({
      type: 'InvalidAnnouncement',
    });
  });

  it('is told again where its workflow was ended', async () => {
    const { taskQueue } = suite.worker;
    await suite.client.workflow.getHandle(registryId(taskQueue)).terminate();
    expect(await found('after-alg')).to.equal(undefined);
    await announce(suite.client, { taskQueue, at: Date.now(), algorithms: { 'again-alg': {} } });
    expect(await found('again-alg')).to.deep.equal({ taskQueue });
  });

  it('goes on in a new run of its workflow', async () => {
    const { taskQueue } = suite.worker;
    const handle = suite.client.workflow.getHandle(registryId(taskQueue));
    const { runId } = await handle.describe();
    // Temporal suggests another run at 4 MiB of history too.
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`algorithm-${String(index)}`, {}]));
    let at = Date.now();
    await until('another run', async () => {
      await announce(suite.client, { taskQueue, at: ++at, algorithms: many });
      return (await handle.describe()).runId !== runId;
    });
    expect(await found('algorithm-19999')).to.deep.equal({ taskQueue });
    await announce(suite.client, { taskQueue, at: ++at, algorithms: { 'next-alg': {} } });
    expect(await found('next-alg')).to.deep.equal({ taskQueue });
  });

  it('is empty where nobody has announced anything, and read once a second', async () => {
    const read = createRegistryReader(suite.client, `nobody-${randomUUID()}`);
    const first = await read();
    expect(first.get('own-alg')).to.equal(undefined);
    expect(await read()).to.equal(first);
    await until('it is read anew', async () => (await read()) !== first);
  });
});
