import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { JobSettings } from '../../src/domain/settings';
import { attemptsOf, Delivery, sequencesOf, statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import { NEVER } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// What goes before what, and who waits for whom (contract §7, «Order»).

const PROGRESS_TIMEOUT_MS = 2_000;
/** For Temporal's timers, which have about a second of granularity, and a machine under load. */
const SLACK_MS = 2_500;

describe('the order of webhooks', () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      wait: ({ jobId }, { signal }) => gate.wait(jobId, signal),
    },
  });
  const listen = useReceiver();

  function start(
    algorithmName: string,
    webhooks: { progress?: string; result?: string },
    settings: Partial<JobSettings> = {},
  ): Promise<JobHandle> {
    const short = {
      progressTimeoutMs: PROGRESS_TIMEOUT_MS,
      attemptTimeoutMs: PROGRESS_TIMEOUT_MS,
      retryScheduleMs: Array.from({ length: 8 }, (_, attempt) => (attempt === 0 ? 0 : 100)),
    };
    const nodes = [{ nodeName: 'one', algorithmName, input: [1] }];
    return suite.start({ name: 'order', nodes, webhooks }, { ...short, ...settings });
  }

  /** How long after its end the job's workflow closed. */
  async function closedAfter(job: JobHandle): Promise<number> {
    const ended = Date.parse((await job.result()).timestamp);
    const { closeTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    return (closeTime?.getTime() ?? Infinity) - ended;
  }

  it('sends an event that waits at once behind another, in one activity', async () => {
    const to = await listen();
    const job = await start('wait', { progress: to.webhooks.progress });
    await to.until(({ received }) => received.length === 2);
    const sent = await until('it is written down', async () => {
      const { events } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
      const scheduled = (events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: at }) => at?.activityType?.name ?? [],
      );
      return (await job.status()).status === 'active' && scheduled.filter((name) => name === 'sendWebhook');
    });
    expect(sent).to.have.lengthOf(1);
    expect(statusesOf(to.received)).to.deep.equal(['pending', 'active']);
    expect(attemptsOf(to.received)).to.deep.equal([1, 1]);
    expect(new Set(to.received.map(({ headers }) => headers['webhook-id']))).to.have.lengthOf(2);
    gate.open(job.jobId);
    await job.result();
  });

  it('sends none behind one that was not taken, or took its time', async () => {
    let count = 0;
    const to = await listen(() => (++count === 1 ? 500 : count === 3 ? 503 : 200));
    const job = await start('wait', { progress: to.webhooks.progress });
    await to.until(({ received }) => received.length === 4);
    expect(statusesOf(to.received)).to.deep.equal(['pending', 'pending', 'active', 'active']);
    expect(attemptsOf(to.received)).to.deep.equal([1, 2, 1, 2]);
    expect(sequencesOf(to.received)).to.deep.equal([1, 1, 2, 2]);
    gate.open(job.jobId);
    await job.result();
  });

  it('puts the terminal progress event before the result on one URL, however often it is retried', async () => {
    let failing = 3;
    const to = await listen(({ text }) => (text.includes('"completed"') && failing-- > 0 ? 500 : 200));
    await start('echo', to.sharedWebhooks);
    await to.until(({ received }) => received.length === 7);
    expect(statusesOf(to.received)).to.deep.equal([
      'pending',
      'active',
      ...Array<string>(4).fill('completed'),
      'result completed',
    ]);
    expect(attemptsOf(to.received)).to.deep.equal([1, 1, 1, 2, 3, 4, 1]);
    expect(sequencesOf(to.received)).to.deep.equal([1, 2, 3, 3, 3, 3, 4]);
  });

  it('lets the result on one URL go after five attempts of the terminal progress event', async () => {
    const to = await listen(({ text }) => (text.includes('"completed"') && !text.includes('"data":[') ? 500 : 200));
    const { jobId } = await start('echo', to.sharedWebhooks);
    await to.until(({ received }) => received.length === 8);
    expect(statusesOf(to.received).slice(2)).to.deep.equal([...Array<string>(5).fill('completed'), 'result completed']);
    const { state, reason, attempts } = await new Delivery(suite.client, jobId, 'progress').record();
    expect([state, reason, attempts.length]).to.deep.equal(['dead', 'superseded', 5]);
  });

  it('lets no result wait for a receiver of progress on another URL', async () => {
    const hole = await listen(() => NEVER);
    const to = await listen();
    const job = await start('echo', { progress: `${hole.url}/progress`, result: `${to.url}/result` });
    await to.until(({ received }) => received.length === 1);
    const ended = Date.parse((await job.results()).timestamp);
    // Had it waited for the attempt in flight, it would have waited for that attempt's deadline.
    expect((to.arrived[0]?.at ?? Infinity) - ended).to.be.below(PROGRESS_TIMEOUT_MS - 500);
  });

  it('lets no result wait for progress that hangs on another URL of its host', async () => {
    const to = await listen(({ path }) => (path === '/progress' ? NEVER : 200));
    const jobs = await Promise.all(
      Array.from({ length: 10 }, () =>
        start('wait', { progress: `${to.url}/progress` }, { progressTimeoutMs: 20_000 }),
      ),
    );
    await until('they hang', () => to.arrivedOn('/progress').length >= 6);
    for (let count = 0; count < 3; count++) {
      const job = await start('echo', { result: `${to.url}/result` });
      await suite.settle(job);
      // It has found a place at once: else it would have asked again, after a second at the earliest.
      expect(await new Delivery(suite.client, job.jobId, 'result').record()).to.include({ state: 'delivered' });
      const { events } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
      const asked = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
      expect(asked?.filter((name) => name === 'sendWebhook')).to.have.length(1);
    }
    for (const { jobId } of jobs) gate.open(jobId);
  });

  it('closes the job at most one progress deadline after its end, though all receivers hang', async () => {
    const hole = await listen(() => NEVER);
    const job = await start('wait', hole.webhooks);
    await hole.until(({ arrived }) => arrived.length === 1);
    gate.open(job.jobId);
    expect(await closedAfter(job)).to.be.below(PROGRESS_TIMEOUT_MS + SLACK_MS);
    await hole.until(() => hole.arrivedOn('/result').length === 1);
  });

  it('closes the job as soon as its last events are taken, or handed over', async () => {
    for (const answer of [200, 500]) {
      const to = await listen(({ text }) => (text.includes('"completed"') ? answer : 200));
      const job = await start('wait', to.webhooks, { progressTimeoutMs: 20_000 });
      await to.until(({ progress }) => progress.length === 2);
      gate.open(job.jobId);
      expect(await closedAfter(job)).to.be.below(SLACK_MS);
    }
  });

  it('closes the job as soon as its deliveries are started, where both go to one URL', async () => {
    const to = await listen(({ text }) => (text.includes('"completed"') ? NEVER : 200));
    const job = await start('wait', to.sharedWebhooks, { progressTimeoutMs: 20_000 });
    await to.until(({ received }) => received.length === 2);
    gate.open(job.jobId);
    expect(await closedAfter(job)).to.be.below(SLACK_MS);
  });

  it('closes the job though nobody serves the queue of the webhooks', async () => {
    const webhookTaskQueue = `${suite.worker.taskQueue}-unserved`;
    const progressTimeoutMs = 1_000;
    const url = 'http://127.0.0.1:9/hook';
    const job = await start('echo', { progress: url, result: url }, { webhookTaskQueue, progressTimeoutMs });
    expect(await closedAfter(job)).to.be.below(progressTimeoutMs + SLACK_MS);
    const result = new Delivery(suite.client, job.jobId, 'result');
    expect(await result.status()).to.equal('RUNNING');
    expect(await new Delivery(suite.client, job.jobId, 'progress').record()).to.include({
      state: 'pending',
      sequence: 3,
    });
    await suite.client.workflow.getHandle(`${job.jobId}/progress`).terminate();
    await result.handle.terminate();
  });

  for (const first of [200, 500]) {
    it(`hands over what a fast job has not sent, in order, where the attempt in flight ends with ${String(first)}`, async () => {
      let started: (job: JobHandle) => void = () => undefined;
      const job = new Promise<JobHandle>((resolve) => (started = resolve));
      const to = await listen(async (_, count) => {
        if (count > 1) return 200;
        const handle = await job;
        await until('the end of the job', async () => (await handle.status()).status === 'completed');
        return first;
      });
      started(await start('echo', { progress: `${to.url}/progress` }));
      await to.until(({ progress }) => progress.length === 3);
      const failed = first === 200 ? 0 : 1;
      expect(statusesOf(to.received).slice(failed)).to.deep.equal(['pending', 'active', 'completed']);
      expect(sequencesOf(to.received)).to.deep.equal([1, 1, 2, 3].slice(1 - failed));
      expect(attemptsOf(to.received)).to.deep.equal(failed === 0 ? [1, 1, 1] : [1, 2, 1, 1]);
    });
  }

  it('tries an event three times in all, before and after the end of the job', async () => {
    const to = await listen(({ text }, count) => (text.includes('"pending"') ? (count === 1 ? NEVER : 500) : 200));
    await start('echo', { progress: `${to.url}/progress` });
    await to.until(({ progress }) => progress.length === 2);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'pending', 'pending', 'active', 'completed']);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3, 1, 1]);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 1, 1, 2, 3]);
  });

  it('gives each that is left its three attempts, before the terminal event', async () => {
    const to = await listen(({ text }) => (text.includes('"completed"') ? 200 : 500));
    await start('echo', { progress: `${to.url}/progress` });
    await to.until(({ progress }) => progress.length === 1);
    const three = (status: string): string[] => Array<string>(3).fill(status);
    expect(statusesOf(to.arrived)).to.deep.equal([...three('pending'), ...three('active'), 'completed']);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3, 1, 2, 3, 1]);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 1, 1, 2, 2, 2, 3]);
  });
});
