import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobHandle } from '../../src/client';
import type { JobRecord } from '../../src/domain/events';
import type { Pipeline } from '../../src/domain/pipeline';
import { Receiver } from '../support/receiver';
import { rejection } from '../support/rejection';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';

// Both bodies of every ending, key by key, and what Temporal says of the job (contract §4 and §5; DESIGN.md, «Endings»).

interface Ending {
  readonly pipeline: Pipeline;
  readonly stop?: string;
  /** What follows jobId, timestamp and pipeline in the terminal progress event. */
  readonly progress: { readonly status: string } & Readonly<Record<string, unknown>>;
  /** What follows them in the result. */
  readonly result: object;
  /** Of the workflow; absent where it is completed. */
  readonly failure?: 'AlgorithmFailed' | 'EngineFailed';
}

const node = (nodeName: string, algorithmName: string, ...input: string[]) => ({ nodeName, algorithmName, input });

const ENDINGS: Record<string, Ending> = {
  'completed, with the outputs of its sinks and of what is flagged': {
    pipeline: {
      name: 'ending',
      nodes: [
        { ...node('first', 'echo', '#[1,2]'), includeInResults: true },
        node('hidden', 'echo', 'x'),
        node('last', 'echo', '@hidden'),
        node('none', 'echo', '#[]'),
        node('both', 'echo', '@first'),
      ],
    },
    progress: {
      level: 'info',
      status: 'completed',
      data: { progress: '100.00', details: '100.00% completed, 5 succeed, 1 skipped' },
    },
    result: {
      status: 'completed',
      data: [
        { nodeName: 'first', batchID: 'first#1', algorithmName: 'echo', result: 1 },
        { nodeName: 'first', batchID: 'first#2', algorithmName: 'echo', result: 2 },
        { nodeName: 'last', algorithmName: 'echo', result: 'x' },
        { nodeName: 'both', algorithmName: 'echo', result: [1, 2] },
      ],
    },
  },
  'completed with a failure that was tolerated': {
    pipeline: { name: 'ending', nodes: [node('one', 'even', '#[1,2]')], options: { batchTolerance: 80 } },
    progress: {
      level: 'info',
      status: 'completed',
      data: { progress: '100.00', details: '100.00% completed, 1 succeed, 1 failed' },
    },
    result: {
      status: 'completed',
      data: [
        { nodeName: 'one', batchID: 'one#1', algorithmName: 'even', error: '1 is odd' },
        { nodeName: 'one', batchID: 'one#2', algorithmName: 'even', result: 2 },
      ],
    },
  },
  'failed by an algorithm': {
    pipeline: {
      name: 'ending',
      nodes: [node('one', 'even', '@flowInput.x'), node('two', 'echo', '@one')],
      flowInput: { x: 3 },
    },
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '50.00', details: '50.00% completed, 1 failed, 1 stopped' },
      error: '3 is odd',
      nodeName: 'one',
    },
    result: {
      status: 'failed',
      error: '3 is odd',
      nodeName: 'one',
      failures: [{ nodeName: 'one', error: '3 is odd' }],
    },
    failure: 'AlgorithmFailed',
  },
  'failed by its tolerance': {
    pipeline: { name: 'ending', nodes: [node('one', 'even', '#[1]')], options: { batchTolerance: 0 } },
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '100.00', details: '100.00% completed, 1 failed' },
      error: '1/1 (100%) failed tasks, batch tolerance is 0%, error: 1 is odd',
      nodeName: 'one',
    },
    result: {
      status: 'failed',
      error: '1/1 (100%) failed tasks, batch tolerance is 0%, error: 1 is odd',
      nodeName: 'one',
      failures: [{ nodeName: 'one', batchID: 'one#1', error: '1 is odd' }],
    },
    failure: 'AlgorithmFailed',
  },
  'failed by the engine': {
    pipeline: { name: 'ending', nodes: [node('one', 'nobody-has-it', '1')] },
    progress: {
      level: 'critical',
      status: 'failed',
      data: { progress: '0.00', details: '0.00% completed, 1 stopped' },
      error: 'algorithm nobody-has-it Not Found',
      nodeName: 'one',
    },
    result: { status: 'failed', error: 'algorithm nobody-has-it Not Found', nodeName: 'one', failures: [] },
    failure: 'EngineFailed',
  },
  stopped: {
    pipeline: { name: 'ending', nodes: [node('one', 'wait', '1'), node('two', 'echo', '@one')] },
    stop: 'no longer needed',
    progress: {
      level: 'info',
      status: 'stopped',
      data: { progress: '0.00', details: '0.00% completed, 2 stopped' },
      reason: 'no longer needed',
    },
    result: { status: 'stopped', reason: 'no longer needed' },
  },
};

describe('the ending of a job', () => {
  let client: Client;
  let worker: TestWorker;
  let receiver: Receiver | undefined;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const temporal = await sharedTemporal();
    client = temporal.client;
    worker = await startWorker(temporal, {
      algorithms: {
        echo: ({ input }) => input[0],
        even: ({ input: [value] }) => {
          if (Number(value) % 2 === 1) throw new Error(`${Number(value)} is odd`);
          return value;
        },
        wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
      },
    });
  });

  afterEach(async () => {
    await receiver?.close();
    receiver = undefined;
  });

  after(() => worker.stop());

  for (const [name, { pipeline, stop, progress, result, failure }] of Object.entries(ENDINGS)) {
    it(`is ${name}`, async () => {
      receiver = await Receiver.start();
      const webhooks = { progress: `${receiver.url}/progress`, result: `${receiver.url}/result` };
      const job = await worker.client.start({ ...pipeline, webhooks });
      if (stop !== undefined) await job.stop(stop);
      await receiver.until((to) => to.results.length === 1 && to.progress.at(-1)?.status === progress.status);
      const terminal = receiver.arrivedOn('/progress').at(-1)?.text ?? '';
      const [told] = receiver.arrivedOn('/result');
      const { timestamp } = JSON.parse(terminal) as { timestamp: string };
      expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const common = { jobId: job.jobId, timestamp, pipeline: 'ending' };
      expect(terminal).to.equal(JSON.stringify({ ...common, ...progress }));
      expect(told?.text).to.equal(JSON.stringify({ ...common, ...result }));
      await checkClosed(job, { status: { ...common, ...progress }, results: { ...common, ...result } }, failure);
    });
  }

  /** What was told, asked again in every way. */
  async function checkClosed(job: JobHandle, record: object, failure: Ending['failure']): Promise<void> {
    expect({ status: await job.status(), results: await job.result() }).to.deep.equal(record);
    const handle = client.workflow.getHandle<() => Promise<JobRecord>>(job.jobId);
    expect((await handle.describe()).status.name).to.equal(failure === undefined ? 'COMPLETED' : 'FAILED');
    if (failure === undefined) {
      expect(await handle.result()).to.deep.equal(record);
      return;
    }
    const cause = await failureOf(handle.result());
    expect(cause).to.include({ type: failure, nonRetryable: true });
    expect(cause.message).to.equal((record as { results: { error: string } }).results.error);
    expect(cause.details).to.deep.equal([record]);
  }

  async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
    const error = await rejection(result);
    if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause;
    throw error;
  }

  for (const [message, document] of [
    ['pipeline must have at least one node', { name: 'bad', nodes: [] }],
    ["data should have required property 'nodes'", { name: 'bad' }],
    ['data should be object', undefined],
    ['data should be object', 'a text'],
    ['unable to find flowInput.x', { name: 'bad', nodes: [node('one', 'echo', '@flowInput.x')] }],
  ] as const) {
    it(`is a failure at once for a bad pipeline started straight on Temporal: ${message}`, async () => {
      const handle = await client.workflow.start('runPipeline', {
        workflowId: `bad:${randomUUID()}`,
        taskQueue: worker.taskQueue,
        args: document === undefined ? [] : [document],
        // Not retryable: this does not matter.
        retry: { maximumAttempts: 5 },
      });
      const cause = await failureOf(handle.result());
      expect(cause).to.include({ type: 'InvalidPipeline', nonRetryable: true, message });
      const { raw, status } = await handle.describe();
      expect([status.name, raw.workflowExecutionInfo?.firstRunId]).to.deep.equal([
        'FAILED',
        handle.firstExecutionRunId,
      ]);
      const { level, error } = await worker.client.getHandle(handle.workflowId).status();
      expect([level, error]).to.deep.equal(['critical', message]);
    });
  }
});
