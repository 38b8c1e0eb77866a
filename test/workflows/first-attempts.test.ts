import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookKind } from '../../src/domain/delivery';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import type { JobHandle } from '../../src/client';
import { attemptsOf, expectedId, sequencesOf, statusesOf } from '../support/deliveries';
import { NEVER } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// The first attempt of a job's terminal events, which its own workflow makes (contract §7, DESIGN.md «Deliveries»).

const PROGRESS_TIMEOUT_MS = 1_500;
const SLACK_MS = 2_000;

describe("a job's own attempts", () => {
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const listen = useReceiver();

  function start(
    webhooks: Partial<Record<WebhookKind, string>>,
    settings: Partial<JobSettings> = {},
  ): Promise<JobHandle> {
    const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
    return suite.start(
      { name: 'first', nodes, webhooks },
      { progressTimeoutMs: PROGRESS_TIMEOUT_MS, attemptTimeoutMs: 10_000, retryScheduleMs: [0, 100, 100], ...settings },
    );
  }

  /** What visibility tells of the deliveries of a job, once it tells of so many in that state. */
  function listed(
    { jobId }: JobHandle,
    count: number,
    state: DeliveryRecord['state'] = 'delivered',
  ): Promise<readonly DeliveryRecord[]> {
    return until(`${String(count)} are ${state}`, async () => {
      const { hits } = await suite.worker.client.deliveries.list({ jobId, states: [state] });
      return hits.length === count && hits;
    });
  }

  /** The kinds of which there is a workflow. */
  async function workflowsOf({ jobId }: JobHandle): Promise<string[]> {
    const found: string[] = [];
    const query = `WorkflowType = 'deliverWebhook' AND WorkflowId STARTS_WITH '${jobId}/'`;
    for await (const { workflowId } of suite.client.workflow.list({ query }))
      found.push(workflowId.slice(jobId.length));
    return found.sort();
  }

  async function closedAfter(job: JobHandle): Promise<number> {
    const ended = Date.parse((await job.result()).timestamp);
    const { closeTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    return (closeTime?.getTime() ?? Infinity) - ended;
  }

  it('that are taken are on record, and need no other workflow', async () => {
    const to = await listen();
    const { webhooks } = to;
    const job = await start(webhooks);
    await job.result();
    expect(statusesOf(to.received).slice(-2).sort()).to.deep.equal(['completed', 'result completed']);
    const records = await listed(job, 2);
    for (const kind of ['progress', 'result'] as const) {
      const id = await expectedId(suite.client, job.jobId, kind, 'end');
      const record = records.find((one) => one.id === id);
      const request = to.received.find(({ headers }) => headers['webhook-id'] === id);
      expect(record).to.include({ jobId: job.jobId, kind, url: webhooks[kind], state: 'delivered' });
      expect(record?.sequence).to.equal(Number(request?.headers['x-pipeline-sequence']));
      expect(record?.attempts.map(({ attempt, trigger, statusCode }) => [attempt, trigger, statusCode])).to.deep.equal([
        [1, 'auto', 200],
      ]);
      const { deliveries } = suite.worker.client;
      expect(await deliveries.get(id)).to.deep.equal(record);
      const byUrl = await deliveries.list({ url: webhooks[kind] });
      expect(byUrl.hits.map((hit) => hit.id)).to.include(id);
      expect((await suite.worker.client.getHandle(job.jobId).webhook(kind))?.outcome).to.include({ statusCode: 200 });
    }
    expect(await workflowsOf(job)).to.deep.equal([]);
  });

  it('that both go to one URL are left to their deliveries, as the result must be written down first', async () => {
    const to = await listen();
    const job = await start(to.sharedWebhooks);
    await listed(job, 2);
    expect(await workflowsOf(job)).to.deep.equal(['/progress', '/result']);
  });

  it('that are not taken are the first of their deliveries', async () => {
    const to = await listen(({ text }, count) => (text.includes('"completed"') && count % 2 === 1 ? 500 : 200));
    const job = await start(to.webhooks);
    const records = await listed(job, 2);
    for (const { attempts } of records) {
      expect(attempts.map(({ attempt, statusCode }) => [attempt, statusCode])).to.deep.equal([
        [1, 500],
        [2, 200],
      ]);
    }
    expect(await workflowsOf(job)).to.deep.equal(['/progress', '/result']);
    expect(attemptsOf(to.arrivedOn('/result'))).to.deep.equal([1, 2]);
  });

  it('that are answered after the job has closed are taken all the same', async () => {
    const to = await listen(async ({ path }) => {
      if (path === '/result') await sleep(2 * PROGRESS_TIMEOUT_MS);
      return 200;
    });
    const job = await start(to.webhooks);
    expect(await closedAfter(job)).to.be.below(PROGRESS_TIMEOUT_MS + SLACK_MS);
    expect(to.results).to.have.length(0);
    const records = await listed(job, 2);
    const result = records.find(({ kind }) => kind === 'result');
    expect(result?.attempts.map(({ attempt, statusCode }) => [attempt, statusCode])).to.deep.equal([[1, 200]]);
    expect(result?.attempts[0]?.durationMs).to.be.at.least(2 * PROGRESS_TIMEOUT_MS - 100);
    expect(attemptsOf(to.arrivedOn('/result'))).to.deep.equal([1]);
    expect(await workflowsOf(job)).to.deep.equal(['/result']);
  });

  it('that hang are over before the next begin, which their deliveries make', async () => {
    const to = await listen((_, count) => (count === 1 ? NEVER : 200));
    const attemptTimeoutMs = 2 * PROGRESS_TIMEOUT_MS;
    const job = await start({ result: to.webhooks.result }, { attemptTimeoutMs });
    expect(await closedAfter(job)).to.be.below(PROGRESS_TIMEOUT_MS + SLACK_MS);
    const [record] = await listed(job, 1);
    expect(record?.attempts.map(({ attempt, error }) => [attempt, error])).to.deep.equal([
      [1, 'timeout'],
      [2, undefined],
    ]);
    const [first, second] = to.arrived.map(({ at }) => at);
    expect((second ?? 0) - (first ?? Infinity)).to.be.at.least(attemptTimeoutMs);
  });

  it('that no worker has taken are not made', async () => {
    const webhookTaskQueue = `${suite.worker.taskQueue}-unserved`;
    const job = await start({ result: 'http://127.0.0.1:9/hook' }, { webhookTaskQueue });
    expect(await closedAfter(job)).to.be.below(PROGRESS_TIMEOUT_MS + SLACK_MS);
    const [record] = await listed(job, 1, 'pending');
    expect(record?.attempts).to.deep.equal([]);
    await suite.client.workflow.getHandle(`${job.jobId}/result`).terminate('it was looked at');
  });

  it('that were taken can be asked for again', async () => {
    const to = await listen((_, count) => (count === 2 ? 500 : 200));
    const job = await start({ result: to.webhooks.result });
    const [{ id } = { id: '' }] = await listed(job, 1);
    const { deliveries } = suite.worker.client;
    for (const count of [2, 3]) {
      await deliveries.redeliver(id);
      await until('it was sent', () => to.received.length === count);
      await until('it is on record', async () => (await deliveries.get(id)).attempts.length === count);
    }
    const [record] = await listed(job, 1);
    expect(record?.attempts.map(({ trigger, statusCode }) => [trigger, statusCode])).to.deep.equal([
      ['auto', 200],
      ['manual', 500],
      ['manual', 200],
    ]);
    expect(record?.state).to.equal('delivered');
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 1, 1]);
    expect(new Set(to.arrived.map(({ text }) => text))).to.have.property('size', 1);
    expect(new Set(to.arrived.map(({ headers }) => headers['webhook-id']))).to.have.property('size', 1);
  });

  it('are made once, though the job is reset after it has closed', async () => {
    const to = await listen();
    const job = await start(to.webhooks);
    await listed(job, 2);
    const sent = to.arrived.length;
    await suite.command('reset', '--workflow-id', job.jobId, '--type', 'FirstWorkflowTask', '--reason', 'a mistake');
    await suite.client.workflow.getHandle(job.jobId).result();
    const again = statusesOf(to.arrived.slice(sent));
    expect(again).to.not.include('completed');
    expect(again).to.not.include('result completed');
    expect(await workflowsOf(job)).to.deep.equal([]);
  });

  it('are those of the run that was reset, where it had begun them by then', async () => {
    const to = await listen();
    const job = await start(to.webhooks);
    await listed(job, 2);
    await suite.command('reset', '--workflow-id', job.jobId, '--type', 'LastWorkflowTask', '--reason', 'a mistake');
    await suite.client.workflow.getHandle(job.jobId).result();
    await listed(job, 2);
    expect(to.results).to.have.length(1);
  });
});
