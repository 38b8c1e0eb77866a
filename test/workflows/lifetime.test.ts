import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Pipeline } from '../../src/domain/pipeline';
import { statusesOf } from '../support/deliveries';
import { NEVER } from '../support/receiver';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// What a job answers too early, twice and too late, and what ends it besides its own work (contract §3, §6, §11).

describe('the life of a job', () => {
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    },
  });
  const listen = useReceiver();

  function pipeline(algorithmName: string, rest: Partial<Pipeline> = {}): Pipeline {
    return { name: 'life', nodes: [{ nodeName: 'one', algorithmName, input: [1] }], ...rest };
  }

  async function refused(call: Promise<unknown>, verb: string, status: string): Promise<void> {
    const message = `unable to ${verb} pipeline life because its in ${status} status`;
    expect(await rejection(call)).to.include({ code: 'WrongState', message });
  }

  it('refuses a second pause, and a resume of what is not paused', async () => {
    const job = await suite.start(pipeline('wait'));
    await refused(job.resume(), 'resume', 'active');
    await refused(job.results(), 'get results for', 'active');
    await job.pause();
    await refused(job.pause(), 'pause', 'paused');
    await job.resume();
    await refused(job.resume(), 'resume', 'active');
    await job.stop();
  });

  for (const status of ['completed', 'stopped'] as const) {
    it(`refuses everything to a job that is ${status}, while its workflow is open and when it has closed`, async () => {
      // A receiver that hangs keeps the workflow open for one progress deadline.
      const { webhooks } = await listen(() => NEVER);
      const job = await suite.start(pipeline(status === 'completed' ? 'echo' : 'wait', { webhooks }), {
        progressTimeoutMs: 2_000,
      });
      if (status === 'stopped') await job.stop();
      await until('the end', async () => (await job.status()).status === status);
      expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('RUNNING');
      for (const verb of ['stop', 'pause', 'resume'] as const) await refused(job[verb](), verb, status);
      const { status: open } = await job.status();
      await job.result();
      expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('COMPLETED');
      for (const verb of ['stop', 'pause', 'resume'] as const) await refused(job[verb](), verb, status);
      expect((await job.status()).status).to.equal(open);
    });
  }

  it('answers the results as soon as it has ended, though its workflow is open', async () => {
    const { webhooks } = await listen(() => NEVER);
    const job = await suite.start(pipeline('echo', { webhooks }));
    await until('the end', async () => (await job.status()).status === 'completed');
    expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('RUNNING');
    expect(await job.results()).to.deep.include({ status: 'completed' });
  });

  for (const [signal, told] of [
    ['stop', ['pending', 'active', 'stopped']],
    ['pause', ['pending', 'active', 'paused']],
  ] as const) {
    it(`takes a ${signal} that comes with the start`, async () => {
      const to = await listen();
      const { webhooks } = to;
      const jobId = `life:${randomUUID()}`;
      await suite.client.workflow.signalWithStart('runPipeline', {
        workflowId: jobId,
        taskQueue: suite.worker.taskQueue,
        args: [pipeline('wait', { webhooks })],
        signal,
        signalArgs: [],
      });
      await to.until(({ progress }) => progress.length === told.length);
      expect(statusesOf(to.arrivedOn('/progress'))).to.deep.equal(told);
      if (signal === 'pause') await suite.worker.client.getHandle(jobId).stop();
      expect(await suite.worker.client.getHandle(jobId).result()).to.have.property('status', 'stopped');
    });
  }

  it("is stopped by Temporal's own Cancel", async () => {
    const to = await listen();
    const { webhooks } = to;
    const options = { progressVerbosityLevel: 'trace' };
    const job = await suite.start(pipeline('wait', { webhooks, options }));
    await until('it runs', async () => (await job.status()).data?.details.includes('1 active'));
    await suite.client.workflow.getHandle(job.jobId).cancel();
    expect(await job.result()).to.include({ status: 'stopped', reason: 'canceled from Temporal' });
    await to.until(({ results, progress }) => results.length === 1 && progress.at(-1)?.status === 'stopped');
    // The algorithm that was canceled with it is no failure, and is not tried again.
    expect(to.progress.filter(({ level }) => level === 'warn')).to.deep.equal([]);
    expect(to.progress.at(-1)).to.include({ level: 'info', reason: 'canceled from Temporal' });
    expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('COMPLETED');
  });

  it('is stopped when its ttl has passed, pauses included', async () => {
    const to = await listen();
    const { webhooks } = to;
    const job = await suite.start(pipeline('wait', { webhooks, options: { ttl: 2 } }));
    await job.pause();
    const { timestamp, ...result } = await job.result();
    expect(result).to.deep.include({ status: 'stopped', reason: 'pipeline expired' });
    const { startTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    expect(Date.parse(timestamp) - startTime.getTime()).to.be.within(2_000, 3_500);
    await to.until(({ progress }) => progress.length === 4);
    expect(to.progress.map(({ status }) => status)).to.deep.equal(['pending', 'active', 'paused', 'stopped']);
    expect(to.progress.at(-1)).to.include({ level: 'info', reason: 'pipeline expired' });
  });

  it('has no limit with a ttl of 0', async () => {
    const job = await suite.start(pipeline('wait', { options: { ttl: 0 } }));
    await job.pause();
    const { events } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
    expect(events?.filter((event) => event.timerStartedEventAttributes != null)).to.deep.equal([]);
    await job.stop();
  });

  it('has failed, critically, where it was terminated', async () => {
    const job = await suite.start(pipeline('wait'));
    await until('it runs', async () => (await job.status()).data?.details.includes('1 active'));
    await suite.client.workflow.getHandle(job.jobId).terminate('by a person');
    const { closeTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    const timestamp = closeTime?.toISOString();
    const error = 'the job was terminated from outside';
    const common = { jobId: job.jobId, timestamp, pipeline: 'life' };
    expect(JSON.stringify(await job.status())).to.equal(
      JSON.stringify({ ...common, level: 'critical', status: 'failed', error }),
    );
    expect(JSON.stringify(await job.result())).to.equal(
      JSON.stringify({ ...common, status: 'failed', error, failures: [] }),
    );
    await refused(job.stop(), 'stop', 'failed');
  });

  it('is not found where it never was', async () => {
    const job = suite.worker.client.getHandle(`life:${randomUUID()}`);
    for (const call of ['status', 'results', 'stop', 'pause', 'resume'] as const) {
      expect(await rejection(job[call]())).to.include({ code: 'NotFound', message: `status ${job.jobId} Not Found` });
    }
  });
});
