import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobHandle } from '../../src/client';
import type { JobRecord } from '../../src/domain/job-record';
import type { Pipeline } from '../../src/domain/pipeline';
import { ENDING_ALGORITHMS, ENDINGS } from '../support/endings';
import { useFacade } from '../support/facade';
import type { Receiver } from '../support/receiver';
import { lookOnce } from '../support/reconciler';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';

// Both bodies of every ending to the letter, by every way, and what Temporal says of the job.

describe('the ending of a job', () => {
  const suite = useWorker({ algorithms: ENDING_ALGORITHMS });
  const facade = useFacade(suite, Object.keys(ENDING_ALGORITHMS));
  const listen = useReceiver();

  for (const [name, { pipeline, steer, runTimeoutMs, progress, result, workflow }] of Object.entries(ENDINGS)) {
    it(`is ${name}`, async () => {
      const to = await listen();
      const job = await start({ name: 'ending', ...pipeline, webhooks: to.webhooks }, runTimeoutMs);
      if (steer !== undefined) {
        await until('it runs', async () => (await job.status()).data !== undefined);
        await steer(job, suite.client);
      }
      const { timestamp } = await job.result();
      const { status, startTime, closeTime } = await suite.client.workflow.getHandle(job.jobId).describe();
      expect(timestamp).to.equal(new Date(timestamp).toISOString());
      expect(Date.parse(timestamp)).to.be.within(startTime.getTime(), closeTime?.getTime() ?? 0);
      expect(status.name).to.equal(workflow[0]);

      const common = { jobId: job.jobId, timestamp, pipeline: 'ending' };
      const bodies = [JSON.stringify({ ...common, ...progress }), JSON.stringify({ ...common, ...result })];
      expect([await job.status(), await job.results()].map((body) => JSON.stringify(body))).to.deep.equal(bodies);
      const paths = ['status', 'results'].map((what) => `/api/v1/exec/${what}/${job.jobId}`);
      const answers = await Promise.all(paths.map((path) => facade.get(path)));
      expect(answers.map(({ body }) => JSON.stringify(body))).to.deep.equal(bodies);
      expect(answers.map((answer) => answer.status)).to.deep.equal([200, 200]);
      await checkWorkflow(job, bodies, workflow[1]);
      if (status.name === 'TERMINATED' || status.name === 'TIMED_OUT') await reconcile(job);
      await checkWebhooks(to, bodies);
    });
  }

  /** Only a start on Temporal can set a limit of Temporal's own. */
  async function start(pipeline: Pipeline, runTimeoutMs: number | undefined): Promise<JobHandle> {
    if (runTimeoutMs === undefined) return suite.start(pipeline);
    const { workflowId } = await suite.client.workflow.start('runPipeline', {
      workflowId: `ending:${randomUUID()}`,
      taskQueue: suite.worker.taskQueue,
      args: [pipeline],
      workflowRunTimeout: runTimeoutMs,
    });
    return suite.worker.client.getHandle(workflowId);
  }

  /** What no workflow has told the reconciler does, which is on a schedule otherwise. */
  async function reconcile({ jobId }: JobHandle): Promise<void> {
    await untilListed(suite.client, 1, `WorkflowId = '${jobId}' AND ExecutionStatus IN ('Terminated', 'TimedOut')`);
    await lookOnce(suite.client, suite.worker.taskQueue);
  }

  async function checkWebhooks(to: Receiver, bodies: readonly string[]): Promise<void> {
    const texts = (): (string | undefined)[] => {
      return ['/progress', '/result'].map((path) => to.arrivedOn(path).at(-1)?.text);
    };
    await to.until(() => texts().every((text) => text !== undefined && !/"status":"(pending|active)"/.test(text)));
    expect(texts()).to.deep.equal(bodies);
    expect(to.arrivedOn('/result')).to.have.length(1);
  }

  /** Its result, or its failure's type, message and details. */
  async function checkWorkflow(job: JobHandle, bodies: readonly string[], type: string | undefined): Promise<void> {
    const handle = suite.client.workflow.getHandle<() => Promise<JobRecord>>(job.jobId);
    const record = `{"status":${bodies[0] ?? ''},"results":${bodies[1] ?? ''}}`;
    if (type === undefined) {
      expect(bodiesOf(await handle.result())).to.equal(record);
      return;
    }
    const cause = await failureOf(handle.result());
    if (!(cause instanceof ApplicationFailure)) {
      expect(cause.name).to.equal(type);
      return;
    }
    expect(cause).to.include({ type, nonRetryable: true, message: (await job.results()).error });
    expect(cause.details?.map((detail) => bodiesOf(detail as JobRecord))).to.deep.equal([record]);
  }

  /** What it keeps besides of how its nodes have ended is in no webhook. */
  function bodiesOf({ ending, actions: _, ...bodies }: JobRecord): string {
    expect(ending).to.be.an('array');
    return JSON.stringify(bodies);
  }

  async function failureOf(result: Promise<unknown>): Promise<TemporalFailure> {
    const error = await rejection(result);
    if (error instanceof WorkflowFailedError && error.cause instanceof TemporalFailure) return error.cause;
    throw error;
  }

  for (const [message, document] of [
    ['pipeline must have at least one node', { name: 'bad', nodes: [] }],
    ["data should have required property 'nodes'", { name: 'bad' }],
    ['data should be object', undefined],
    ['data should be object', 'a text'],
    [
      'unable to find flowInput.x',
      { name: 'bad', nodes: [{ nodeName: 'one', algorithmName: 'echo', input: ['@flowInput.x'] }] },
    ],
  ] as const) {
    it(`is a failure at once for a bad pipeline started straight on Temporal: ${message}`, async () => {
      const handle = await suite.client.workflow.start('runPipeline', {
        workflowId: `bad:${randomUUID()}`,
        taskQueue: suite.worker.taskQueue,
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
      const { level, error } = await suite.worker.client.getHandle(handle.workflowId).status();
      expect([level, error]).to.deep.equal(['critical', message]);
    });
  }
});
