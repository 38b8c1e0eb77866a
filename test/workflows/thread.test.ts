import { expect } from 'chai';
import { resolve } from 'node:path';
import { loadAlgorithms } from '../../src/algorithms';
import type { PipelineNode } from '../../src/domain/pipeline';
import { statusesOf } from '../support/deliveries';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

describe('an algorithm with thread: true', () => {
  const suite = useWorker(async () => ({
    algorithms: {
      ...(await loadAlgorithms([resolve(__dirname, '../support/algorithms/spin.ts')])),
      'homeless-alg': { thread: true, run: () => 1 },
    },
  }));

  const listen = useReceiver();

  function node(algorithmName: string, rest: Partial<PipelineNode> = {}): { name: string; nodes: PipelineNode[] } {
    return { name: 'thread', nodes: [{ nodeName: 'green', algorithmName, ...rest }] };
  }

  it('may be busy for longer than a worker may be silent', async () => {
    const handle = await suite.start(node('spin-alg', { input: [12_000] }));
    // The event loop of the worker is free: another job runs meanwhile.
    const other = await suite.start(node('throw-alg'));
    expect(await other.result()).to.include({ status: 'failed', error: 'from the thread' });
    expect((await handle.status()).status).to.equal('active');
    const { data } = await handle.result();
    expect(data?.[0]?.result).to.deep.equal({ attempt: 1 });
  });

  it('is ended by its ttl', async () => {
    const handle = await suite.start(node('spin-alg', { input: [60_000], ttl: 1 }));
    expect(await handle.result()).to.include({ status: 'failed', error: 'Algorithm TTL expired' });
  });

  it('is ended by a stop', async () => {
    const handle = await suite.start(node('spin-alg', { input: [60_000] }));
    await until('it is active', async () => (await handle.status()).data?.details.includes('1 active') === true);
    await handle.stop('enough');
    expect(await handle.result()).to.include({ status: 'stopped', reason: 'enough' });
  });

  it('has crashed where its thread has, which is no error of its own', async () => {
    const to = await listen();
    const retry = (policy: 'OnCrash' | 'OnError') => node('exit-alg', { retry: { policy, limit: 1 } });
    for (const [policy, warnings] of [['OnCrash', 1] as const, ['OnError', 0] as const]) {
      const webhooks = { progress: `${to.url}/${policy}` };
      const job = await suite.start({ ...retry(policy), webhooks, options: { progressVerbosityLevel: 'warn' } });
      expect(await job.result()).to.have.property('status', 'failed');
      const told = (): string[] => statusesOf(to.arrivedOn(`/${policy}`));
      await to.until(() => told().at(-1) === 'failed');
      expect(told()).to.deep.equal([...Array.from({ length: warnings }, () => 'active'), 'failed']);
    }
  });

  const failures: readonly [string, string][] = [
    ['exit-alg', "the algorithm's thread has ended with exit code 3"],
    ['function-alg', 'the algorithm answered a function, which is not JSON'],
    ['homeless-alg', 'algorithm homeless-alg has "thread": true, so a module must export it: none that is loaded does'],
  ];
  for (const [algorithmName, error] of failures) {
    it(`fails with the words «${error}»`, async () => {
      const handle = await suite.start(node(algorithmName));
      expect(await handle.result()).to.include({ status: 'failed', error });
    });
  }
});
