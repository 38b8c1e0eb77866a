import { ServiceError, type WorkflowClientInterceptor } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { limitId, placesQuery } from '../../workflows/messages';
import { Gate } from '../support/gate';
import { intercepted } from '../support/intercepted';
import { rejection } from '../support/rejection';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

/** More than Temporal takes as a memo. */
const TOO_LARGE = { nodes: [{ nodeName: 'one', algorithmName: 'hold', input: ['x'.repeat(2_200_000)] }] };

describe('the place of a job whose start was refused', () => {
  const gate = new Gate();
  const suite = useWorker({ algorithms: { hold: ({ jobId }, { signal }) => gate.wait(jobId, signal) } });

  const limited = (rejectOnFailure = true): Pipeline => ({
    name: `refused-${randomUUID()}`,
    nodes: [{ nodeName: 'one', algorithmName: 'hold' }],
    options: { concurrentPipelines: { amount: 1, rejectOnFailure } },
  });
  const finish = async (...jobs: readonly JobHandle[]): Promise<void> => {
    for (const { jobId } of jobs) gate.open(jobId);
    for (const job of jobs) expect(await job.result()).to.have.property('status', 'completed');
  };
  /** A client whose calls to start something go through this. */
  const clientWith = (startWithDetails: NonNullable<WorkflowClientInterceptor['startWithDetails']>): PipelineClient => {
    return new PipelineClient(intercepted(suite.client, { startWithDetails }), { taskQueue: suite.worker.taskQueue });
  };
  const isFull = async (pipeline: Pipeline): Promise<void> => {
    expect(await rejection(suite.start(pipeline))).to.have.property('code', 'LimitReached');
  };

  it('is free at once, where the server has taken nothing', async () => {
    const pipeline = limited();
    const error = await rejection(suite.worker.client.start(pipeline, { written: TOO_LARGE }));
    expect(error).to.have.nested.property('cause.code', 3);
    await finish(await suite.start(pipeline));
  });

  it('is not kept in the line either', async () => {
    const pipeline = limited(false);
    const first = await suite.start(pipeline);
    await rejection(suite.worker.client.start(pipeline, { written: TOO_LARGE }));
    const last = await suite.start(pipeline);
    const limit = suite.client.workflow.getHandle(limitId(suite.worker.taskQueue, pipeline));
    await until('only the last waits', async () => (await limit.query(placesQuery)).waiting.length === 1);
    await finish(first, last);
  });

  it('is free at once, where its id is that of a job outside the limit', async () => {
    const pipeline = limited();
    const { name, nodes } = pipeline;
    const idempotencyKey = randomUUID();
    let first: JobHandle | undefined;
    // Another caller comes in between.
    const late = clientWith(async (input, next) => {
      first = await suite.worker.client.start({ name, nodes }, { idempotencyKey });
      return await next(input);
    });
    expect(await rejection(late.start(pipeline, { idempotencyKey }))).to.have.property('code', 'Conflict');
    const second = await suite.start(pipeline);
    await finish(second, ...(first === undefined ? [] : [first]));
  });

  it('stays with the job of its id, where that runs within the limit', async () => {
    const pipeline = limited();
    const idempotencyKey = randomUUID();
    let first: JobHandle | undefined;
    const late = clientWith(async (input, next) => {
      first = await suite.worker.client.start(pipeline, { idempotencyKey });
      return await next(input);
    });
    const same = await late.start(pipeline, { idempotencyKey });
    expect(same.jobId).to.equal(first?.jobId);
    await isFull(pipeline);
    await finish(same);
    await finish(await suite.start(pipeline));
  });

  it('stays with its job, where an earlier call of the same start has come through', async () => {
    const pipeline = limited();
    const twice = clientWith(async (input, next) => {
      await next(input);
      return await next(input);
    });
    const job = await twice.start(pipeline);
    await isFull(pipeline);
    await finish(job);
  });

  it('is kept, where nobody knows what became of the start', async () => {
    const pipeline = limited();
    const lost = clientWith(() => {
      const cause = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });
      return Promise.reject(new ServiceError('Failed to start Workflow', { cause }));
    });
    expect(await rejection(lost.start(pipeline))).to.include({ name: 'PipelineError', code: 'Unavailable' });
    await isFull(pipeline);
  });
});
