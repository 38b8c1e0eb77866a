import { expect } from 'chai';
import { attemptsOf, Delivery, sequencesOf, statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import type { Answer, Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// A place that has to be waited for is no attempt (contract §7).

describe('limits of a worker', () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      wait: ({ jobId }, { signal }) => gate.wait(jobId, signal),
    },
    webhooks: { hostConcurrency: 1 },
  });
  const listen = useReceiver();

  /** A receiver that has one request in hand until it is let go. */
  async function busy(): Promise<{ to: Receiver; letGo: () => void }> {
    let letGo: () => void = () => undefined;
    const free = new Promise<number>((resolve) => (letGo = () => resolve(200)));
    const answer: Answer = ({ path }) => (path === '/busy' ? free : 200);
    const to = await listen(answer);
    await start('echo', { result: `${to.url}/busy` });
    await to.until(({ arrived }) => arrived.length === 1);
    return { to, letGo };
  }

  const start = (algorithmName: string, webhooks: { progress?: string; result?: string }) =>
    suite.start(
      { name: 'limited', nodes: [{ nodeName: 'one', algorithmName, input: [1] }], webhooks },
      { attemptTimeoutMs: 20_000, progressTimeoutMs: 2_000 },
    );

  /** Waits until a workflow has asked so often for an attempt. */
  const untilAsked = (workflowId: string, times: number) =>
    until(`${workflowId} has asked ${String(times)} times`, async () => {
      const { events } = await suite.client.workflow.getHandle(workflowId).fetchHistory();
      const types = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name) ?? [];
      return types.filter((type) => type === 'sendWebhook').length >= times;
    });

  it('let a result wait without an attempt, and it arrives with its first', async () => {
    const { to, letGo } = await busy();
    const job = await start('echo', { result: `${to.url}/result` });
    await job.result();
    const delivery = new Delivery(suite.client, job.jobId, 'result');
    await untilAsked(`${job.jobId}/result`, 2);
    expect(await delivery.record()).to.deep.include({ state: 'pending', attempts: [] });
    expect(to.arrivedOn('/result')).to.have.length(0);
    letGo();
    await to.until(({ results }) => results.length === 1);
    expect(attemptsOf(to.on('/result'))).to.deep.equal([1]);
    const { attempts } = await delivery.until('it is delivered', ({ state }) => state === 'delivered');
    expect(attempts.map(({ attempt, error }) => [attempt, error])).to.deep.equal([[1, undefined]]);
  });

  it('let progress wait in order, each event with its first attempt', async () => {
    const { to, letGo } = await busy();
    const job = await start('wait', to.webhooks);
    await untilAsked(job.jobId, 2);
    expect(to.arrivedOn('/progress')).to.have.length(0);
    letGo();
    await to.until(({ progress }) => progress.length === 2);
    gate.open(job.jobId);
    await to.until(({ progress, results }) => progress.length === 3 && results.length === 1);
    expect(statusesOf(to.on('/progress'))).to.deep.equal(['pending', 'active', 'completed']);
    expect(attemptsOf(to.on('/progress'))).to.deep.equal([1, 1, 1]);
    expect(sequencesOf(to.on('/progress'))).to.deep.equal([1, 2, 3]);
  });

  it('let a job end meanwhile, whose delivery sends what was waiting, with all its attempts', async () => {
    const { to, letGo } = await busy();
    const job = await start('echo', { progress: `${to.url}/progress` });
    expect((await job.result()).status).to.equal('completed');
    expect(to.arrivedOn('/progress')).to.have.length(0);
    letGo();
    await to.until(({ progress }) => progress.length === 3);
    expect(statusesOf(to.on('/progress'))).to.deep.equal(['pending', 'active', 'completed']);
    expect(attemptsOf(to.on('/progress'))).to.deep.equal([1, 1, 1]);
  });
});
