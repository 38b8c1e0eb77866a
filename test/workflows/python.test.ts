import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { AlgorithmHome } from '../../src/domain/algorithm-definition';
import { ensurePython, PYTHON_TIMEOUT } from '../support/python';
import { PythonWorker } from '../support/python-worker';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// A pipeline whose algorithms live in three homes, one of them a worker in Python (contract §10).

describe('algorithms in Python', () => {
  const suite = useWorker({ algorithms: { first: ({ input }) => Number(input[0]) + 1 } });
  const listen = useReceiver();
  const taskQueue = `python-${randomUUID()}`;
  let worker: PythonWorker;

  before('start a worker in Python', async function () {
    this.timeout(PYTHON_TIMEOUT);
    await ensurePython();
    worker = await PythonWorker.start(suite.temporal.address, taskQueue, 'one');
  });
  after(() => worker.kill());

  function python(type: string, heartbeatTimeoutMs?: number): AlgorithmHome {
    return { kind: 'activity', taskQueue, type, ...(heartbeatTimeoutMs !== undefined && { heartbeatTimeoutMs }) };
  }

  it('run between one in TypeScript and an HTTP endpoint, a batch each', async () => {
    const endpoint = await listen(({ text }) => {
      const { input } = JSON.parse(text) as { input: { square: number }[] };
      return { status: 200, body: JSON.stringify(-(input[0]?.square ?? 0)) };
    });
    const job = await suite.start(
      {
        name: 'three-homes',
        nodes: [
          { nodeName: 'ts', algorithmName: 'first', input: ['#[1...5]'] },
          { nodeName: 'py', algorithmName: 'squares', input: ['*@ts'] },
          { nodeName: 'http', algorithmName: 'negative', input: ['#@py'] },
        ],
      },
      {
        homes: {
          squares: python('squares'),
          negative: { kind: 'http', url: endpoint.url, timeoutMs: 5_000 },
        },
      },
    );
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([-4, -9, -16, -25, -36]);
  });

  for (const [what, error] of [
    ['error', 'from Python'],
    ['final', 'never again'],
  ] as const) {
    it(`fail their task by what they raise: ${error}`, async () => {
      const nodes = [{ nodeName: 'py', algorithmName: 'raises', input: [what] }];
      const job = await suite.start({ name: 'raises', nodes }, { homes: { raises: python('raises') } });
      expect(await job.result()).to.include({ status: 'failed', error, nodeName: 'py' });
    });
  }

  it('that lose their worker in the middle run again on another', async () => {
    const receiver = await listen();
    const { webhooks } = receiver;
    const nodes = [{ nodeName: 'py', algorithmName: 'held', input: ['#[1,2]', 'one'] }];
    const options = { progressVerbosityLevel: 'warn' };
    const homes = { held: python('held', 2_000) };
    const job = await suite.start({ name: 'killed', nodes, webhooks, options }, { homes });
    await until('both are in its hands', async () => {
      const { raw } = await suite.client.workflow.getHandle(job.jobId).describe();
      return raw.pendingActivities?.filter(({ lastHeartbeatTime }) => lastHeartbeatTime != null).length === 2;
    });
    await worker.kill();
    worker = await PythonWorker.start(suite.temporal.address, taskQueue, 'two');
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([{ by: 'two' }, { by: 'two' }]);
    // One warning for each item that runs again.
    await receiver.until(({ progress }) => progress.length === 2);
    expect(receiver.progress.map(({ level, tasks }) => [level, tasks?.[0]?.status])).to.deep.equal([
      ['warn', 'pending'],
      ['warn', 'pending'],
    ]);
  });
});
