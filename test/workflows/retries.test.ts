import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobSettings } from '../../src/domain/settings';
import { attemptsOf, Delivery, statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';

// What follows each kind of answer (contract §7, the table of answers; §8, the record of a delivery).

describe('an answer decides what follows', () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: { echo: ({ input }) => input[0], wait: ({ jobId }, { signal }) => gate.wait(jobId, signal) },
  });
  const listen = useReceiver();

  /** Straight on Temporal, so that no check of the client's is asked. */
  async function start(
    webhooks: { progress?: string; result?: string },
    settings: Partial<JobSettings> = {},
  ): Promise<string> {
    const jobId = `retries:${randomUUID()}`;
    await suite.client.workflow.start('runPipeline', {
      workflowId: jobId,
      taskQueue: suite.worker.taskQueue,
      args: [
        { name: 'retries', nodes: [{ nodeName: 'one', algorithmName: 'echo', input: [1] }], webhooks },
        { progressTimeoutMs: 1_000, attemptTimeoutMs: 1_000, ...settings },
      ],
    });
    await suite.client.workflow.getHandle(jobId).result();
    return jobId;
  }

  function schedule(attempts: number, delayMs = 100): number[] {
    return Array.from({ length: attempts }, (_, attempt) => (attempt === 0 ? 0 : delayMs));
  }

  it('500, 503 and 429 are tried again until it is delivered', async () => {
    const to = await listen((_, count) => ({ status: count < 4 ? ([500, 503, 429][count - 1] ?? 500) : 202 }));
    const jobId = await start({ result: `${to.url}/result` }, { retryScheduleMs: schedule(8) });
    const delivery = new Delivery(suite.client, jobId, 'result');
    const record = await delivery.ended();
    expect(record?.attempts.map(({ statusCode }) => statusCode)).to.deep.equal([500, 503, 429, 202]);
    expect(record).to.include({ state: 'delivered', kind: 'result', jobId });
    expect(record).to.not.have.any.keys('reason', 'nextAttemptAt');
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3, 4]);
    expect(await delivery.status()).to.equal('COMPLETED');
  });

  it('it is dead when the schedule is exhausted, and stays open', async () => {
    const to = await listen(() => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'no room' }));
    const jobId = await start({ result: `${to.url}/result` }, { retryScheduleMs: schedule(3) });
    const delivery = new Delivery(suite.client, jobId, 'result');
    const record = await delivery.until('dead', ({ state }) => state === 'dead');
    expect(Object.keys(record)).to.deep.equal([
      ...['id', 'jobId', 'kind', 'url', 'state', 'reason', 'sequence', 'createdAt', 'attempts'],
    ]);
    expect(record).to.include({
      id: to.arrived[0]?.headers['webhook-id'],
      jobId,
      kind: 'result',
      url: `${to.url}/result`,
      state: 'dead',
      reason: 'exhausted',
      sequence: 1,
    });
    record.attempts.forEach(({ startedAt, durationMs, ...attempt }, index) => {
      expect(attempt).to.deep.equal({
        attempt: index + 1,
        trigger: 'auto',
        statusCode: 500,
        error: 'status',
        responseBody: 'no room',
      });
      expect(startedAt).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(durationMs).to.be.within(0, 1_000);
    });
    expect(record.createdAt).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    expect(await delivery.status()).to.equal('RUNNING');
    await delivery.handle.terminate();
  });

  it('a pending one tells when it is tried next', async () => {
    const to = await listen(() => 500);
    const jobId = await start({ result: `${to.url}/result` }, { retryScheduleMs: [0, 60_000] });
    const delivery = new Delivery(suite.client, jobId, 'result');
    const record = await delivery.until('one attempt', ({ attempts }) => attempts.length === 1);
    expect(record).to.include({ state: 'pending' });
    // The schedule's minute, give or take a fifth.
    const last = Date.parse(record.attempts[0]?.startedAt ?? '');
    expect(Date.parse(record.nextAttemptAt ?? '') - last).to.be.within(48_000, 73_000);
    await delivery.handle.terminate();
  });

  it('410 ends a delivery at once', async () => {
    const to = await listen(() => 410);
    const jobId = await start({ result: `${to.url}/result` }, { retryScheduleMs: schedule(8) });
    const delivery = new Delivery(suite.client, jobId, 'result');
    const record = await delivery.until('dead', ({ state }) => state === 'dead');
    expect(record.reason).to.equal('gone');
    expect(attemptsOf(to.arrived)).to.deep.equal([1]);
    await delivery.handle.terminate();
  });

  for (const path of ['/hook', '/result']) {
    it(`410 to progress ends the progress of the job; the result to ${path} is still tried`, async () => {
      const to = await listen(({ path: on }) => (on === '/hook' ? 410 : 200));
      const jobId = await start(
        { progress: `${to.url}/hook`, result: `${to.url}${path}` },
        { retryScheduleMs: schedule(8) },
      );
      await to.until(({ received }) => received.length === 2);
      expect(statusesOf(to.arrived).sort()).to.deep.equal(['pending', 'result completed']);
      const delivery = new Delivery(suite.client, jobId, 'result');
      const expected = path === '/hook' ? { state: 'dead', reason: 'gone' } : { state: 'delivered' };
      expect(await delivery.until('ended', ({ state }) => state !== 'pending')).to.include(expected);
      // It has not even been tried, and can be asked for.
      const progress = new Delivery(suite.client, jobId, 'progress');
      const record = await progress.until('dead', ({ state }) => state === 'dead');
      expect(record).to.deep.include({ kind: 'progress', reason: 'gone', attempts: [] });
      await progress.handle.terminate();
      expect(to.arrived).to.have.length(2);
      if (path === '/hook') await delivery.handle.terminate();
    });
  }

  for (const status of [404, 302]) {
    it(`${String(status)} is tried five times, where the schedule has more`, async () => {
      const to = await listen(() => ({ status, headers: { location: '/elsewhere' } }));
      const jobId = await start({ result: `${to.url}/result` }, { retryScheduleMs: schedule(8) });
      const delivery = new Delivery(suite.client, jobId, 'result');
      const record = await delivery.until('dead', ({ state }) => state === 'dead');
      expect(record.reason).to.equal('exhausted');
      expect(new Set(record.attempts.map(({ error }) => error))).to.deep.equal(
        new Set([status === 302 ? 'redirect' : 'status']),
      );
      expect(attemptsOf(to.arrivedOn('/result'))).to.deep.equal([1, 2, 3, 4, 5]);
      expect(to.arrivedOn('/elsewhere')).to.deep.equal([]);
      await delivery.handle.terminate();
    });

    it(`${String(status)} to progress drops the event`, async () => {
      const to = await listen((_, count) => (count === 1 ? status : 200));
      await start({ progress: `${to.url}/progress` });
      await to.until(({ received }) => received.length === 3);
      expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', 'completed']);
      expect(attemptsOf(to.arrived)).to.deep.equal([1, 1, 1]);
    });
  }

  for (const kind of ['result', 'progress'] as const) {
    it(`nothing of the ${kind} is sent before Retry-After`, async () => {
      const to = await listen((_, count) => (count === 1 ? { status: 503, headers: { 'retry-after': '3' } } : 200));
      await start({ [kind]: `${to.url}/${kind}` }, { retryScheduleMs: [0, 100, 60_000] });
      await to.until(({ received }) => received.length === (kind === 'result' ? 2 : 4));
      const [first, second] = to.arrived;
      expect((second?.at ?? 0) - (first?.at ?? 0)).to.be.within(3_000, 6_000);
      expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id']);
    });
  }

  it('no other event of progress is sent before Retry-After either, which may be longer than the schedule', async () => {
    const to = await listen((_, count) => (count <= 3 ? { status: 429, headers: { 'retry-after': '6' } } : 200));
    const nodes = [{ nodeName: 'one', algorithmName: 'wait', input: [1] }];
    const { jobId } = await suite.start({ name: 'asked', nodes, webhooks: { progress: `${to.url}/progress` } });
    await to.until(({ received }) => received.length === 4);
    gate.open(jobId);
    await to.until(({ received }) => received.length === 5);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'pending', 'pending', 'active', 'completed']);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3, 1, 1]);
    const at = to.arrived.map((request) => request.at);
    for (const index of [1, 2, 3]) expect((at[index] ?? 0) - (at[index - 1] ?? 0)).to.be.within(6_000, 9_000);
  });

  it('the terminal event waits for no other that may only be sent hours later', async () => {
    const to = await listen(({ text }) =>
      text.includes('"completed"') ? 200 : { status: 429, headers: { 'retry-after': '7200' } },
    );
    const jobId = await start({ progress: `${to.url}/progress` });
    expect(await new Delivery(suite.client, jobId, 'progress').ended()).to.include({ state: 'delivered' });
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'completed']);
  });

  it('a blocked address is given up without a request', async () => {
    const to = await listen(() => 200);
    // The same receiver by an address that the worker does not allow.
    const blocked = to.url.replace('127.0.0.1', '0.0.0.0');
    const jobId = await start({ progress: `${blocked}/progress`, result: `${blocked}/result` });
    for (const kind of ['progress', 'result'] as const) {
      const delivery = new Delivery(suite.client, jobId, kind);
      const record = await delivery.until('dead', ({ state }) => state === 'dead');
      expect(record.reason).to.equal('refused');
      const { startedAt, durationMs, ...attempt } = record.attempts[0] ?? {};
      expect([typeof startedAt, typeof durationMs]).to.deep.equal(['string', 'number']);
      expect(attempt).to.deep.equal({ attempt: 1, trigger: 'auto', error: 'blocked address' });
      expect(record.attempts).to.have.length(1);
      await delivery.handle.terminate();
    }
    expect(to.arrived).to.deep.equal([]);
  });

  it('nobody there is a failure by name', async () => {
    const gone = await listen(() => 200);
    const url = gone.url;
    await gone.close();
    const jobId = await start({ result: `${url}/result` }, { retryScheduleMs: schedule(2) });
    const delivery = new Delivery(suite.client, jobId, 'result');
    const record = await delivery.until('dead', ({ state }) => state === 'dead');
    expect(record.attempts.map(({ error }) => error)).to.deep.equal(['connect', 'connect']);
    await delivery.handle.terminate();
  });
});
