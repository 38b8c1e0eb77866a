import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { deliveryQuery } from '../../workflows/messages';
import { Delivery, expectedId } from '../support/deliveries';
import { Gate } from '../support/gate';
import { NEVER, type Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// What an operator sees and finds in Temporal, and jobs that were started there (contract §11; DESIGN.md).

describe('in Temporal', () => {
  const gate = new Gate();
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      odd: ({ input }) => {
        if (input[0] === 2) throw new Error('2 is even');
        return input[0];
      },
      wait: ({ jobId }, { signal }) => gate.wait(jobId, signal),
    },
    settings: { retryScheduleMs: [0] },
  });
  const listen = useReceiver();
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await listen();
  });

  /** With few blocks at a time, which are the larger for it, and with a short deadline. */
  function startShort(pipeline: Pipeline): Promise<JobHandle> {
    return suite.start(pipeline, { window: 2, progressTimeoutMs: 1_000 });
  }

  async function found(query: string, expected: readonly string[]): Promise<void> {
    await until(`found by ${query}`, async () => {
      const ids: string[] = [];
      for await (const { workflowId } of suite.client.workflow.list({ query })) ids.push(workflowId);
      return JSON.stringify(ids.sort()) === JSON.stringify([...expected].sort());
    });
  }

  function summaryOf(metadata: { readonly summary?: Payload | null } | null | undefined): unknown {
    const summary = metadata?.summary;
    return summary == null ? undefined : defaultPayloadConverter.fromPayload(summary);
  }

  async function detailsOf(handle: WorkflowHandle): Promise<string> {
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return currentDetails;
  }

  async function summaries(workflowId: string): Promise<unknown[]> {
    const { events } = await suite.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? [])
      .filter((event) => event.activityTaskScheduledEventAttributes != null)
      .map((event) => summaryOf(event.userMetadata));
  }

  it('a pipeline with nothing beside it is run, and its webhooks are sent', async () => {
    const workflowId = `anything ${randomUUID()}`;
    const pipeline: Pipeline = {
      name: 'straight',
      nodes: [{ nodeName: 'one', algorithmName: 'echo', input: ['#[1,2]'] }],
      webhooks: receiver.webhooks,
    };
    const { taskQueue } = suite.worker;
    const handle = await suite.client.workflow.start('runPipeline', { workflowId, taskQueue, args: [pipeline] });
    await receiver.until(({ progress, results }) => progress.length === 3 && results.length === 1);
    expect(receiver.progress.map(({ status }) => status)).to.deep.equal(['pending', 'active', 'completed']);
    expect(receiver.results[0]).to.deep.include({ jobId: workflowId, pipeline: 'straight', status: 'completed' });
    await handle.result();
    const delivery = suite.client.workflow.getHandle(`${workflowId}/result`);
    await delivery.result();
    const ours = async (of: WorkflowHandle): Promise<string[]> => {
      const { searchAttributes } = (await of.describe()).raw.workflowExecutionInfo ?? {};
      return Object.keys(searchAttributes?.indexedFields ?? {}).filter((name) => /^(Pipeline|Webhook)/.test(name));
    };
    expect(await ours(handle)).to.deep.equal([]);
    // Its deliveries are looked for like any.
    expect(await ours(delivery)).to.have.members(['WebhookId', 'WebhookState', 'WebhookUrl']);
  });

  it('a job is found by its name, status and tags', async () => {
    const name = `found-${randomUUID()}`;
    const tags = [`tag-${randomUUID().slice(0, 8)}`, 'nightly'];
    const job = await suite.start({ name, tags, nodes: [{ nodeName: 'one', algorithmName: 'wait' }] });
    await found(`PipelineName = '${name}' AND PipelineStatus = 'active'`, [job.jobId]);
    await found(`PipelineTags = '${tags[0] ?? ''}' AND PipelineTypes = 'raw'`, [job.jobId]);
    await job.pause();
    await found(`PipelineName = '${name}' AND PipelineStatus = 'paused'`, [job.jobId]);
    await job.stop();
    await found(`PipelineName = '${name}' AND PipelineStatus = 'stopped'`, [job.jobId]);
    await found(`PipelineName = '${name}' AND PipelineStatus IN ('pending', 'active', 'paused')`, []);
  });

  it('a delivery is found by its id, URL and state', async () => {
    const hook = `${receiver.url}/${'x'.repeat(400)}`;
    const job = await suite.start({
      name: 'found',
      nodes: [{ nodeName: 'one', algorithmName: 'echo', input: [1] }],
      webhooks: { progress: hook, result: 'http://127.0.0.1:9/dead' },
    });
    const result = `${job.jobId}/result`;
    // What its receiver takes at once the job has delivered itself.
    await found(`WorkflowId = '${job.jobId}' AND WebhookState = 'delivered'`, [job.jobId]);
    await found(`WorkflowId STARTS_WITH '${job.jobId}/' AND WebhookState = 'dead'`, [result]);
    await found(`WebhookProgressUrl = '${hook.slice(0, 255)}'`, [job.jobId]);
    const progressId = await expectedId(suite.client, job.jobId, 'progress', 'end');
    await found(`WebhookProgressId = '${progressId}'`, [job.jobId]);
    const { id } = await suite.client.workflow.getHandle(result).query(deliveryQuery);
    await found(`WebhookId = '${id}'`, [result]);
    await suite.client.workflow.getHandle(result).terminate();
  });

  it('what is left of progress, where no terminal event passes the level, is no delivery to be found', async () => {
    receiver = await listen((_, count) => (count === 1 ? NEVER : 200));
    const job = await startShort({
      name: 'left',
      nodes: [{ nodeName: 'one', algorithmName: 'odd', input: ['#[1,2]'] }],
      options: { progressVerbosityLevel: 'warn' },
      webhooks: { progress: `${receiver.url}/progress` },
    });
    expect(await job.result()).to.have.property('status', 'completed');
    await receiver.until(({ progress }) => progress.length === 1);
    expect(receiver.progress[0]).to.deep.include({ level: 'warn', status: 'active' });
    const left = suite.client.workflow.getHandle(`${job.jobId}/progress`);
    expect(await left.result()).to.equal(null);
    const { searchAttributes } = (await left.describe()).raw.workflowExecutionInfo ?? {};
    expect(Object.keys(searchAttributes?.indexedFields ?? {}).filter((name) => name.startsWith('Webhook'))).to.be.empty;
  });

  it('a block names its items, a webhook its sequence and attempt', async () => {
    const { jobId } = await startShort({
      name: 'named',
      description: 'what a person reads',
      nodes: [
        { nodeName: 'green', algorithmName: 'echo', input: ['#[1...400]'] },
        { nodeName: 'all', algorithmName: 'echo', input: ['@green'] },
      ],
      webhooks: receiver.webhooks,
    });
    await receiver.until(({ results, progress }) => results.length === 1 && progress.length === 3);
    const [first, ...rest] = (await summaries(jobId)).filter((summary) => /^(green|all)/.test(String(summary)));
    expect(first).to.equal('green#1');
    expect(rest.at(-1)).to.equal('all');
    const blocks = rest.filter((summary) => /^green#\d+…#\d+$/.test(String(summary)));
    expect(blocks).to.not.be.empty;
    expect(await summaries(jobId)).to.include.members(['result 1, attempt 1', 'progress 3, attempt 1']);
    const { userMetadata } = (await suite.client.workflow.getHandle(jobId).describe()).raw.executionConfig ?? {};
    expect(summaryOf(userMetadata)).to.equal('what a person reads');
  });

  it('the current details tell how far a job is', async () => {
    const job = await suite.start({
      name: 'details',
      nodes: [
        { nodeName: 'quick', algorithmName: 'echo', input: ['#[1,2]'] },
        { nodeName: 'slow', algorithmName: 'wait', input: ['@quick'] },
        { nodeName: 'last', algorithmName: 'echo', input: ['@slow'] },
      ],
    });
    const handle = suite.client.workflow.getHandle(job.jobId);
    await until('one runs', async () => (await detailsOf(handle)).includes('1 active'));
    expect(await detailsOf(handle)).to.equal(
      [
        '**active**, 50.00% completed, 2 succeed, 1 active, 1 creating',
        '',
        '- quick: 2 of 2 done',
        '- slow: 0 of 1 done',
        '- last: waits for slow',
      ].join('\n'),
    );
    gate.open(job.jobId);
    await job.result();
    expect((await detailsOf(handle)).split('\n')[0]).to.equal('**completed**, 100.00% completed, 4 succeed');
  });

  it('the current details tell how a delivery went', async () => {
    const webhook = { result: 'http://127.0.0.1:9/dead' };
    const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
    const { jobId } = await suite.start({ name: 'details', nodes, webhooks: webhook });
    const delivery = new Delivery(suite.client, jobId, 'result');
    await until('it has started', () => delivery.status().catch(() => false));
    await delivery.until('it is dead', ({ state }) => state === 'dead');
    expect(await detailsOf(delivery.handle)).to.equal('dead (exhausted) after 1 attempt, last answer connect');
    await delivery.redeliver();
    await delivery.until('tried again', ({ attempts }) => attempts.length === 2);
    expect(await detailsOf(delivery.handle)).to.equal('dead (exhausted) after 2 attempts, last answer connect');
    await delivery.handle.terminate();
  });
});
