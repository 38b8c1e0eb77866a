import { expect } from 'chai';
import { toHkubeProgress, toHkubeResult } from '../../src/domain/dialect';
import { terminateJob, lookOnce } from '../support/reconciler';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

describe("a job in HKube's dialect that was ended from outside", () => {
  const suite = useWorker({
    settings: { progressTimeoutMs: 1_000, dialect: 'hkube' },
    algorithms: { wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) },
  });
  const listen = useReceiver();

  it('is told of in it', async () => {
    const to = await listen();
    const nodes = [{ nodeName: 'one', algorithmName: 'wait', input: [1] }];
    const job = await suite.start({ name: 'ended', nodes, webhooks: to.webhooks });
    await until('it runs', async () => (await job.status()).data !== undefined);
    await to.until(({ received }) => received.length === 2);
    await terminateJob(suite.client, job.jobId, 'by a person');
    await lookOnce(suite.client, suite.worker.taskQueue);
    await to.until(({ received }) => received.length === 4);
    const [progress, result] = [to.arrivedOn('/progress').at(-1)?.text, to.arrivedOn('/result')[0]?.text];
    const submittedAt = await job.startTime();
    expect(progress).to.equal(JSON.stringify(toHkubeProgress(await job.status(), submittedAt)));
    expect(result).to.equal(JSON.stringify(toHkubeResult(await job.results(), submittedAt)));
    expect(JSON.parse(progress ?? '')).to.include({ level: 'error', status: 'failed' });
    expect(JSON.parse(result ?? '')).to.include({ data: null, status: 'failed' });
  });
});
