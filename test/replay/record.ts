/**
 * Records histories of real runs, for `replay.test.ts` to replay for ever: `npm run histories`, one folder
 * for each version of the workflows that was ever published. A folder that is there is never written to again.
 */
import { NativeConnection, Worker } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineClient } from '../../src/client';
import type { Homes } from '../../src/domain/homes';
import { LATEST_VERSION, type JobSettings } from '../../src/domain/settings';
import type { Pipeline } from '../../src/domain/pipeline';
import { seedPipeline } from '../../src/examples';
import { PipelinesPlugin } from '../../src/plugin';
import { announce } from '../../src/temporal/registry';
import {
  limitId,
  RECONCILE_WEBHOOKS,
  registryId,
  RUN_PIPELINE,
  START_SCHEDULED,
  triggersId,
} from '../../workflows/messages';
import { Gate } from '../support/gate';
import { saveJob, writeHistory } from '../support/histories';
import { Receiver } from '../support/receiver';
import { terminateJob } from '../support/reconciler';
import { until } from '../support/until';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';
import { version } from '../../package.json';
import { homesOf, OF_THREE_HOMES, pipelineOf, RECORDED, recordedAlgorithms } from './recorded-algorithms';
import { answerRecorded } from './recorded-receiver';

type RunOptions = Partial<{ readonly homes: Homes; readonly settings: Partial<JobSettings> }>;

const folder = join(__dirname, 'histories', process.env['HISTORIES_AS'] ?? version);

describe(`histories of ${folder}`, function () {
  this.timeout(120_000);
  const gate = new Gate();
  let temporal: TestTemporal;
  let worker: TestWorker;
  let receiver: Receiver;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    if (existsSync(folder)) throw new Error(`${folder} is there: recorded histories are never written again`);
    temporal = await sharedTemporal();
    worker = await startWorker(temporal, {
      taskQueue: 'recorded',
      settings: { window: 4, retryScheduleMs: [0, 1_000, 1_000] },
      stored: RECORDED,
      algorithms: recordedAlgorithms(gate),
    });
    receiver = await Receiver.start(answerRecorded);
    await mkdir(folder, { recursive: true });
  });

  after(async () => {
    await worker.stop();
    await receiver.close();
  });

  it('completed, with a webhook of each kind', async () => {
    await record('completed', seedPipeline(hooks('/progress', '/result')));
  });

  it('both webhooks on one flaky URL', async () => {
    await record('flaky', seedPipeline(hooks('/flaky', '/flaky')));
  });

  it('deliveries that die', async () => {
    const jobId = await run(seedPipeline(hooks('/down/progress', '/down/result')));
    for (const kind of ['progress', 'result']) {
      // Dead deliveries stay open: their retention is ended here as an operator would.
      const handle = temporal.client.workflow.getHandle(`${jobId}/${kind}`);
      await receiver.until(() => receiver.on(`/down/${kind}`).length >= 3);
      await handle.cancel();
    }
    await save('dead', jobId);
  });

  it('a receiver that is gone, and deliveries that somebody asks for again', async () => {
    const job = await worker.client.start({ ...pipelineOf('held-alg', 1), webhooks: hooks('/gone', '/flaky/again') });
    await receiver.until(() => receiver.on('/gone').length === 1);
    gate.open(job.jobId);
    await job.result();
    await receiver.until(() => receiver.on('/flaky/again').length === 3);
    const result = temporal.client.workflow.getHandle(`${job.jobId}/result`);
    await result.result();
    const { deliveries } = worker.client;
    for (const kind of ['progress', 'result']) {
      const id = await until(`the ${kind} is found`, async () => {
        const { hits } = await deliveries.list({ jobId: job.jobId });
        return hits.find((hit) => hit.kind === kind && hit.state !== 'pending')?.id;
      });
      await deliveries.redeliver(id);
    }
    await receiver.until(() => receiver.on('/gone').length === 2 && receiver.on('/flaky/again').length === 4);
    await temporal.client.workflow.getHandle(`${job.jobId}/progress`).cancel();
    await save('again', job.jobId);
  });

  it('a receiver that asks for some time', async () => {
    const job = await worker.client.start({ ...pipelineOf('held-alg', 1), webhooks: hooks('/asks', '/result') });
    await receiver.until(() => receiver.on('/asks').length === 4);
    gate.open(job.jobId);
    await job.result();
    await save('asked', job.jobId);
    await record('asked-late', { ...pipelineOf('short-alg', 1), webhooks: hooks('/asks/late', '/result') });
  });

  it('an attempt that lasts longer than the job, and one that nobody takes', async () => {
    await record('late', seedPipeline(hooks('/progress', '/slow')));
    const settings = { webhookTaskQueue: 'unserved', progressTimeoutMs: 1_000 };
    const client = new PipelineClient(temporal.client, { taskQueue: 'recorded', settings });
    const { jobId } = await client.start(seedPipeline({ result: to('/result') }));
    await temporal.client.workflow.getHandle(jobId).result();
    await temporal.client.workflow.getHandle(`${jobId}/result`).cancel();
    await save('not-taken', jobId);
  });

  it('a test send', async () => {
    await worker.client.deliveries.test(`${receiver.url}/progress`, 'progress');
    for await (const { workflowId } of temporal.client.workflow.list({ query: "WorkflowType = 'testWebhook'" })) {
      await write('test', workflowId);
    }
  });

  it('a batch of which batch workflows run the most', async () => {
    const jobId = await run({
      name: 'wide',
      nodes: [
        {
          nodeName: 'green',
          algorithmName: 'sometimes-alg',
          input: ['#[1...260]'],
          retry: { policy: 'Never', limit: 1 },
        },
      ],
    });
    await save('wide', jobId);
    await temporal.client.workflow.getHandle(`${jobId}/batch/1`).result();
    await write('wide-batch', `${jobId}/batch/1`);
  });

  it('chained batches with a tolerated failure, at level trace', async () => {
    await record('chained', {
      ...pipelineOf('sometimes-alg', '#[1...6]'),
      nodes: [
        { nodeName: 'green', algorithmName: 'sometimes-alg', input: ['#[1...6]'] },
        { nodeName: 'yellow', algorithmName: 'sometimes-alg', input: ['#@green'] },
        { nodeName: 'black', algorithmName: 'sometimes-alg', input: ['@yellow', '@green'] },
      ],
      webhooks: hooks('/progress', '/result'),
      options: { progressVerbosityLevel: 'trace' },
    });
  });

  it("a tolerated failure in HKube's dialect", async () => {
    const pipeline: Pipeline = {
      ...pipelineOf('sometimes-alg', '#[1...6]'),
      webhooks: hooks('/progress', '/result'),
      options: { progressVerbosityLevel: 'trace' },
    };
    await record('dialect', pipeline, { settings: { dialect: 'hkube' } });
  });

  it('failed, retried and stopped', async () => {
    await record('failed', pipelineOf('fails-alg', 1));
    const { nodes, ...retried } = pipelineOf('once-alg', '#[1,2]');
    await record('retried', { ...retried, nodes: nodes.map((node) => ({ ...node, retry: { policy: 'OnError' } })) });
    const handle = await worker.client.start(pipelineOf('held-alg', '#[1...6]'));
    await handle.pause();
    await handle.resume();
    await handle.stop('enough');
    await save('stopped', handle.jobId);
  });

  it('algorithms of three homes', async () => {
    const taskQueue = 'recorded-foreign';
    const connection = await NativeConnection.connect({ address: temporal.address });
    const foreign = await Worker.create({
      connection,
      taskQueue,
      plugins: [new PipelinesPlugin({ algorithms: { 'other-alg': ({ input: [value] }) => value }, announce: false })],
      activities: { Foreign: ({ taskId }: { taskId: string }) => taskId },
    });
    await foreign.runUntil(async () => {
      await record('homes', OF_THREE_HOMES, { homes: homesOf(taskQueue, `${receiver.url}/algorithm`) });
    });
    await connection.close();
  });

  it('items of short algorithms: some that are, one that is slow, and one that is too slow', async () => {
    for (const [name, ms] of Object.entries({ short: 10, 'short-slow': 700, 'short-late': 5_000 })) {
      const green = { nodeName: 'green', algorithmName: 'short-alg', input: [`#[1,${String(ms)},3]`] };
      const black = { nodeName: 'black', algorithmName: 'short-alg', input: ['*@green'] };
      await record(name, { name: 'recorded', nodes: [green, black], webhooks: hooks('/progress', '/result') });
    }
  });

  it('jobs of a pipeline with a limit: one that runs, one that waits, one that is refused; and who counts them', async () => {
    const limited = (rejectOnFailure: boolean): Pipeline => ({
      ...pipelineOf('held-alg', 1),
      webhooks: hooks('/progress', '/result'),
      options: { concurrentPipelines: { amount: 1, rejectOnFailure }, activeTtl: 60 },
    });
    const first = await worker.client.start(limited(true));
    const second = await worker.client.start(limited(false));
    await until('the second waits', async () => (await second.status()).status === 'pending');
    const refused = { workflowId: 'recorded-refused', taskQueue: 'recorded', args: [limited(true)] };
    await temporal.client.workflow.execute(RUN_PIPELINE, refused).catch(() => undefined);
    for (const { jobId } of [first, second]) gate.open(jobId);
    await second.result();
    await save('limit-first', first.jobId);
    await save('limit-second', second.jobId);
    await write('limit-refused', refused.workflowId);
    await write('limit', limitId('recorded', { name: 'recorded' }));
  });

  it('nodes that wait without reading, an output, and what another job has put out', async () => {
    const green = { nodeName: 'green', algorithmName: 'sometimes-alg', input: ['#[1...4]'] };
    const black = { nodeName: 'black', algorithmName: 'sometimes-alg', input: ['#@green', '@green'] };
    const out = { nodeName: 'out', kind: 'output', input: ['@black'] } as const;
    const jobId = await run({
      name: 'recorded',
      nodes: [{ ...green, nodeName: 'yellow' }, green, black, out],
      edges: [{ source: 'yellow', target: 'green' }],
    });
    await save('kinds', jobId);
    const part = { name: 'recorded', nodes: [black, out] };
    const handle = await worker.client.start(part, { reuse: { jobId, nodes: ['green'] } });
    await handle.result();
    await save('reused', handle.jobId);
  });

  it('a batch in blocks of a size that its algorithm names', async () => {
    await record('sized', pipelineOf('sized-alg', '#[1...10]'));
  });

  it('a batch of several rounds: of slow items, of quicker ones, and as it was before version 7', async () => {
    for (const [name, ms, version] of [
      ['rounds', 300, LATEST_VERSION],
      ['rounds-quick', 50, LATEST_VERSION],
      ['rounds-before', 50, 6],
    ] as const) {
      const green = { nodeName: 'green', algorithmName: 'slow-alg', input: ['#[1...100]', ms] };
      await record(name, { name: 'recorded', nodes: [green] }, { settings: { window: 20, version } });
    }
  });

  it('the registry of a queue, told a second time', async () => {
    const algorithms = { 'green-alg': {}, 'next-alg': {} };
    await announce(temporal.client, { taskQueue: 'recorded', at: Date.now(), algorithms });
    await write('registry', registryId('recorded'));
  });

  it('a look of the reconciler at a job that was terminated', async () => {
    const handle = await worker.client.start({ ...pipelineOf('held-alg', 1), webhooks: hooks('/progress', '/result') });
    await receiver.until(({ progress }) => progress.some(({ jobId }) => jobId === handle.jobId));
    await terminateJob(temporal.client, handle.jobId, 'by a person');
    const workflowId = 'recorded-look';
    await temporal.client.workflow.execute(RECONCILE_WEBHOOKS, { workflowId, taskQueue: 'recorded', args: [] });
    await write('reconciler', workflowId);
  });

  it('a job that triggers another, a cycle, and a time of a schedule', async () => {
    const client = new PipelineClient(temporal.client, { taskQueue: 'recorded', settings: { triggeredBy: [] } });
    const plain = await client.start({ ...pipelineOf('green-alg', 1), name: 'recorded-alone' });
    await plain.result();
    await write('triggers-none', plain.jobId);
    const handle = await client.start(pipelineOf('green-alg', 1), { triggeredBy: ['recorded-before'] });
    await handle.result();
    const workflowId = triggersId(handle.jobId);
    const started = temporal.client.workflow.getHandle(workflowId).result();
    await started.catch(() => undefined);
    await write('triggers', handle.jobId);
    await write('triggers-started', workflowId);
    const scheduled = 'recorded-2026-01-01T00:00:00Z';
    const args = [{ name: 'recorded-child' }];
    await temporal.client.workflow.execute(START_SCHEDULED, { workflowId: scheduled, taskQueue: 'recorded', args });
    await write('scheduled', scheduled);
  });

  const hooks = (progress: string, result: string) => ({ progress: to(progress), result: to(result) });
  const to = (path: string) => receiver.url + path;
  const run = async (pipeline: Pipeline, { homes, settings }: RunOptions = {}): Promise<string> => {
    const { client } = worker;
    const by = settings ? new PipelineClient(temporal.client, { taskQueue: 'recorded', settings }) : client;
    const handle = await by.start(pipeline, homes && { homes });
    await handle.result();
    return handle.jobId;
  };
  const save = (name: string, jobId: string) => saveJob(temporal.client, folder, name, jobId);
  const record = async (name: string, ...given: Parameters<typeof run>) => save(name, await run(...given));
  const write = (name: string, id: string) => writeHistory(temporal.client, join(folder, `${name}.json`), id);
});
