import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { JobHandle, StartOptions } from '../../src/client';
import { PipelineClient, type PipelineError } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import type { PlacesState } from '../../src/domain/places';
import { CONCURRENCY_LIMIT, limitId, placesQuery, RUN_PIPELINE } from '../../workflows/messages';
import { statusesOf } from '../support/deliveries';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

describe('a limit of jobs that run at a time', function () {
  this.timeout(60_000);
  const gate = new Gate();
  const running = new Map<string, number>();
  const count = (name: string, by: number): void => {
    running.set(name, (running.get(name) ?? 0) + by);
  };
  const began: string[] = [];
  const suite = useWorker({
    algorithms: {
      hold: async ({ jobId }, { signal }) => {
        const [name = ''] = jobId.split(':');
        began.push(jobId);
        count(name, 1);
        try {
          await gate.wait(jobId, signal);
        } finally {
          count(name, -1);
        }
      },
    },
  });
  const listen = useReceiver();

  const limited = (amount: number, rejectOnFailure?: boolean, rest: Partial<Pipeline> = {}): Pipeline => ({
    name: `limited-${randomUUID()}`,
    nodes: [{ nodeName: 'one', algorithmName: 'hold', input: [1] }],
    ...rest,
    options: {
      ...rest.options,
      concurrentPipelines: { amount, ...(rejectOnFailure !== undefined && { rejectOnFailure }) },
    },
  });
  const start = (pipeline: Pipeline, options?: StartOptions): Promise<JobHandle> =>
    suite.worker.client.start(pipeline, options);
  const refusalOf = async (starting: Promise<unknown>): Promise<Pick<PipelineError, 'code' | 'message'>> => {
    const error = await starting.then(
      () => {
        throw new Error('it was started');
      },
      (reason: unknown) => reason as PipelineError,
    );
    return { code: error.code, message: error.message };
  };
  const tooMany = (amount: number) => ({
    code: 'LimitReached',
    message: `maximum number [${String(amount)}] of concurrent pipelines has been reached`,
  });
  const placesOf = async (pipeline: Pipeline): Promise<PlacesState> =>
    await suite.client.workflow.getHandle(limitId(suite.worker.taskQueue, pipeline)).query(placesQuery);
  const begun = (job: JobHandle): Promise<unknown> => until(`${job.jobId} has begun`, () => began.includes(job.jobId));
  const finish = async (...jobs: readonly JobHandle[]): Promise<void> => {
    for (const { jobId } of jobs) gate.open(jobId);
    for (const job of jobs) expect(await job.result()).to.have.property('status', 'completed');
  };

  it('refuses one too many and starts nothing, until one has ended', async () => {
    const pipeline = limited(2);
    const other = { ...pipeline, experimentName: 'other' };
    const answers = await Promise.allSettled(Array.from({ length: 6 }, () => start(pipeline)));
    const jobs = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(jobs).to.have.length(2);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).to.include(tooMany(2));
    // Another experiment counts by itself, and whoever allows more may start more.
    const more = [await start(other), await start(limited(3, true, pipeline))];
    expect(await refusalOf(start(pipeline))).to.deep.equal(tooMany(2));
    const [first, ...others] = [...jobs, ...more] as [JobHandle, ...JobHandle[]];
    await finish(first);
    expect(await refusalOf(start(pipeline))).to.deep.equal(tooMany(2));
    await finish(...others);
    await finish(await start(pipeline), await start(pipeline));
    expect((await placesOf(pipeline)).holders).to.deep.equal([]);
    const { count: started } = await suite.client.workflow.count(`PipelineName = '${pipeline.name}'`);
    expect(started).to.be.at.most(6);
  });

  it('holds for jobs that are stopped, fail, or are terminated from outside', async () => {
    const pipeline = limited(1);
    const stopped = await start(pipeline);
    await stopped.stop();
    await stopped.result();
    const failed = await start({ ...pipeline, nodes: [{ nodeName: 'one', algorithmName: 'hold', ttl: 1 }] });
    expect(await failed.result()).to.have.property('status', 'failed');
    const terminated = await start(pipeline);
    expect(await refusalOf(start(pipeline))).to.deep.equal(tooMany(1));
    await suite.client.workflow.getHandle(terminated.jobId).terminate();
    await finish(await start(pipeline));
  });

  it('gives one place for one key, and answers the job of a key where there is no place', async () => {
    const pipeline = limited(1);
    const idempotencyKey = randomUUID();
    const [one, other] = await Promise.all([start(pipeline, { idempotencyKey }), start(pipeline, { idempotencyKey })]);
    expect(one.jobId).to.equal(other.jobId);
    expect((await start(pipeline, { idempotencyKey })).jobId).to.equal(one.jobId);
    await finish(one);
    expect((await start(pipeline, { idempotencyKey })).jobId).to.equal(one.jobId);
    await finish(await start(pipeline));
  });

  it('frees a place that was taken by somebody who never started a job', async () => {
    const pipeline = limited(1);
    const places: PlacesState = { prefix: '', holders: [['gone', 0, false]], waiting: [] };
    await suite.client.workflow.start(CONCURRENCY_LIMIT, {
      workflowId: limitId(suite.worker.taskQueue, pipeline),
      taskQueue: suite.worker.taskQueue,
      args: [places],
    });
    await finish(await start(pipeline));
  });

  it('has jobs wait for their turn, in the order in which they were started', async () => {
    const to = await listen();
    const pipeline = limited(1, false, { webhooks: { progress: to.webhooks.progress } });
    const jobs: JobHandle[] = [];
    for (let index = 0; index < 4; index++) jobs.push(await start(pipeline));
    const [first, second, third, fourth] = jobs as [JobHandle, JobHandle, JobHandle, JobHandle];
    await begun(first);
    for (const job of [second, third, fourth]) {
      expect(await job.status()).to.include({ status: 'pending', level: 'info' });
    }
    await until(
      'all are told to be pending',
      () => to.progress.filter(({ status }) => status === 'pending').length === 4,
    );
    expect(await refusalOf(start(limited(1, true, pipeline)))).to.deep.equal(tooMany(1));
    expect(await second.stop('enough')).to.include({ status: 'stopped', reason: 'enough' });
    gate.open(first.jobId);
    await begun(third);
    expect(await fourth.status()).to.have.property('status', 'pending');
    expect(running.get(pipeline.name)).to.equal(1);
    await finish(third, fourth);
    expect(began.filter((jobId) => jobs.some((job) => job.jobId === jobId))).to.deep.equal([
      first.jobId,
      third.jobId,
      fourth.jobId,
    ]);
    await to.until(({ progress }) => progress.filter(({ status }) => status === 'completed').length === 3);
    const of = ({ jobId }: JobHandle): string[] =>
      statusesOf(to.arrived.filter(({ text }) => (JSON.parse(text) as { jobId: string }).jobId === jobId));
    expect(of(fourth)).to.deep.equal(['pending', 'active', 'completed']);
    expect(of(second)).to.deep.equal(['pending', 'stopped']);
    expect((await placesOf(pipeline)).holders).to.deep.equal([]);
  });

  it('ends one that waits by its ttl, and goes on after one that was terminated', async () => {
    const pipeline = limited(1, false);
    const first = await start(pipeline);
    const [expired, gone, last] = [
      await start({ ...pipeline, options: { ...pipeline.options, ttl: 1 } }),
      await start(pipeline),
      await start(pipeline),
    ];
    expect(await expired.result()).to.include({ status: 'stopped', reason: 'pipeline expired' });
    for (const job of [first, gone]) await suite.client.workflow.getHandle(job.jobId).terminate();
    await begun(last);
    await finish(last);
    expect(began).to.not.include(gone.jobId);
  });

  it('holds for a job that is started straight on Temporal', async () => {
    const { taskQueue } = suite.worker;
    const straight = (pipeline: Pipeline, workflowId = `${pipeline.name}:${randomUUID()}`) =>
      suite.client.workflow.start(RUN_PIPELINE, { taskQueue, workflowId, args: [pipeline] });
    const pipeline = limited(1);
    const first = await straight(pipeline);
    await until('it has begun', () => began.includes(first.workflowId));
    expect(await refusalOf(start(pipeline))).to.deep.equal(tooMany(1));
    const refused = await straight(pipeline);
    const error: unknown = await refused.result().catch((reason: unknown) => (reason as Error).cause);
    expect(error).to.include({ type: tooMany(1).code, message: tooMany(1).message });
    const second = await straight(limited(1, false, pipeline));
    gate.open(first.workflowId);
    await until('the second has begun', () => began.includes(second.workflowId));
    expect(running.get(pipeline.name)).to.equal(1);
    gate.open(second.workflowId);
    await Promise.all([first.result(), second.result()]);
  });

  it('goes on where somebody has ended what counts', async () => {
    const pipeline = limited(1, false);
    const first = await start(pipeline);
    await begun(first);
    await suite.client.workflow.getHandle(limitId(suite.worker.taskQueue, pipeline)).terminate();
    await finish(first, await start(pipeline));
  });

  it('is not waited for longer than ten seconds, where no worker counts', async () => {
    const client = new PipelineClient(suite.client, { taskQueue: `nobody-${randomUUID()}` });
    const pipeline = limited(1);
    expect(await refusalOf(client.start(pipeline))).to.deep.equal({
      code: 'Unavailable',
      message: `no worker took the start of pipeline ${pipeline.name} in time`,
    });
  });
});
