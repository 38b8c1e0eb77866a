import { WorkflowFailedError } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { triggersId } from '../../workflows/messages';
import { PIPELINE_ROOT } from '../../workflows/search-attributes';
import { refusal } from '../support/facade';
import { Gate } from '../support/gate';
import { terminateJob } from '../support/reconciler';
import { useStoredSuite } from '../support/stored-suite';
import { until } from '../support/until';

describe('stored pipelines that are triggered', function () {
  this.timeout(30_000);
  const gate = new Gate();
  const algorithms: Algorithms = {
    'echo-alg': ({ input: [value] }) => value,
    'fails-alg': () => {
      throw new Error('boom');
    },
    'held-alg': ({ input: [name] }, { signal }) => gate.wait(name as string, signal).then(() => 'held'),
  };
  const suite = useStoredSuite(algorithms);

  const PIPELINES = '/api/v1/store/pipelines';
  const named = (rest: Partial<Pipeline> = {}): Pipeline => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName: 'echo-alg', input: ['@flowInput'] }],
    ...rest,
  });
  const after = (...parents: readonly Pipeline[]): Pipeline =>
    named({ triggers: { pipelines: parents.map(({ name }) => name) } });

  async function store(...pipelines: readonly Pipeline[]): Promise<void> {
    for (const pipeline of pipelines) {
      const { status, body } = await suite.facade.post(PIPELINES, pipeline);
      expect(status, JSON.stringify(body)).to.equal(201);
    }
  }

  async function jobsOf({ name }: Pipeline): Promise<JobHandle[]> {
    return await suite.pipelines.lastRuns({ name, sort: 'asc', limit: 10 });
  }

  /** What the workflow that starts them has answered, once the job has ended. */
  async function triggersOf(job: JobHandle): Promise<unknown> {
    const { jobId } = job;
    await job.result();
    const handle = suite.client.workflow.getHandle(triggersId(jobId));
    return await handle
      .result()
      .catch((error: unknown) => (error instanceof WorkflowFailedError ? error.cause : error));
  }

  it('run once, with tags, types and the result of the parent', async () => {
    const parent = named({ tags: ['a', 'b'], flowInput: { x: 1 } });
    const child = { ...after(parent), tags: ['c', 'a'], flowInput: { y: 2, parent: 'replaced' } };
    const other = after(parent);
    await store(parent, child, other);
    const { body } = await suite.facade.post('/api/v1/exec/stored', { name: parent.name });
    const job = suite.pipelines.getHandle((body as { jobId: string }).jobId);
    const started = (await triggersOf(job)) as Record<string, string>;
    expect(Object.keys(started).sort()).to.deep.equal([child.name, other.name].sort());
    const jobId = started[child.name] ?? '';
    const { data } = await suite.pipelines.getHandle(jobId).result();
    const parentData = (await job.result()).data;
    expect(data).to.deep.equal([
      { nodeName: 'green', algorithmName: 'echo-alg', result: { y: 2, parent: parentData } },
    ]);
    const told = (await suite.facade.get(`/api/v1/exec/pipelines/${jobId}`)).body;
    expect(told).to.deep.include({ types: ['internal', 'stored', 'trigger'], tags: ['c', 'a', 'b'] });
    const { memo, typedSearchAttributes } = await suite.client.workflow.getHandle(jobId).describe();
    expect(memo).to.include({ PipelineParent: job.jobId });
    expect(typedSearchAttributes.get(PIPELINE_ROOT)).to.equal(job.jobId);
    // Whoever starts them again, as somebody who resets the job, starts no second one.
    const again = await suite.client.workflow.getHandle(triggersId(job.jobId)).describe();
    const { args } = await inputOf(again.workflowId);
    const repeated: unknown = await suite.client.workflow.execute('triggerPipelines', {
      workflowId: `${again.workflowId}-again`,
      taskQueue: suite.worker.taskQueue,
      args,
    });
    expect(repeated).to.deep.equal(started);
    // Also where what is stored has changed since.
    await suite.store.pipelines.update(child.name, (current) => ({ ...current, description: 'changed' }));
    const changed: unknown = await suite.client.workflow.execute('triggerPipelines', {
      workflowId: `${again.workflowId}-changed`,
      taskQueue: suite.worker.taskQueue,
      args,
    });
    expect(changed).to.deep.equal(started);
    await until('it is listed', async () => (await jobsOf(child)).length === 1);
  });

  it('get a result that is too large for any history', async () => {
    const parent = named({ flowInput: { text: 'x'.repeat(3_000_000) } });
    const child = after(parent);
    await store(parent, child);
    const job = await suite.pipelines.start(parent);
    const started = (await triggersOf(job)) as Record<string, string>;
    const { data } = await suite.pipelines.getHandle(started[child.name] ?? '').result();
    expect(data?.[0]?.result).to.deep.equal({ parent: (await job.result()).data });
  });

  it('are waited for where the store is away when the job ends', async () => {
    const parent = named();
    const child = after(parent);
    await store(parent, child);
    suite.isBroken = true;
    const job = await suite.pipelines.start({ ...parent, flowInput: 1 });
    expect(await job.result()).to.include({ status: 'completed' });
    await until('it is tried', async () => {
      const { status } = await suite.client.workflow.getHandle(triggersId(job.jobId)).describe();
      return status.name === 'RUNNING';
    });
    suite.isBroken = false;
    const started = (await triggersOf(job)) as Record<string, string>;
    expect(Object.keys(started)).to.deep.equal([child.name]);
  });

  it('are not run by a job that failed, was stopped or was terminated, nor by one that knows no store', async () => {
    const failing = named({ nodes: [{ nodeName: 'green', algorithmName: 'fails-alg' }] });
    const held = named();
    const nodes = [{ nodeName: 'green', algorithmName: 'held-alg', input: [held.name] }];
    await store(failing, { ...held, nodes }, after(failing, held));
    const failed = await suite.pipelines.start(failing);
    await failed.result();
    const stopped = await suite.pipelines.start({ ...held, nodes });
    await stopped.stop('enough');
    await stopped.result();
    const terminated = await suite.pipelines.start({ ...held, nodes });
    await terminateJob(suite.client, terminated.jobId);
    const foreign = await suite.start({ ...held, nodes });
    gate.open(held.name);
    expect(await foreign.result()).to.include({ status: 'completed' });
    for (const job of [failed, stopped, terminated, foreign]) {
      expect(await triggersOf(job)).to.have.property('name', 'WorkflowNotFoundError');
    }
  });

  it('that can not be started keep none of the others back, and are told of', async () => {
    const parent = named({ flowInput: 1 });
    const bad = { ...after(parent), nodes: [{ nodeName: 'a', algorithmName: 'echo-alg', input: ['@flowInput.none'] }] };
    const experimentName = `e-${randomUUID().slice(0, 8)}`;
    const leftOver = { ...after(parent), experimentName };
    const good = after(parent);
    await suite.facade.post('/api/v1/experiment', { name: experimentName });
    await store(parent, bad, leftOver, good);
    expect(await suite.facade.ask('DELETE', `/api/v1/experiment/${experimentName}`)).to.have.property('status', 200);
    const job = await suite.pipelines.start(parent);
    const failure = await triggersOf(job);
    expect(failure).to.include({ type: 'NotTriggered' });
    expect(failure).to.have.property('message').that.includes(`${bad.name}: unable to find flowInput.none`);
    expect(failure)
      .to.have.property('message')
      .that.includes(`${leftOver.name}: experiment ${experimentName} Not Found`);
    await until('the other has run', async () => (await jobsOf(good)).length === 1);
  });

  it('are refused where they make a cycle, also in one list', async () => {
    const [a, b, c] = [named(), named(), named()];
    const [second, third, first] = [
      { ...b, triggers: { pipelines: [a.name] } },
      { ...c, triggers: { pipelines: [b.name] } },
      { ...a, triggers: { pipelines: [c.name] } },
    ];
    const { body } = await suite.facade.post(PIPELINES, [second, third, first]);
    const cyclic = { code: 400, message: 'the pipelines triggers is cyclic' };
    expect((body as object[])[2]).to.deep.equal({ error: { name: a.name, ...cyclic } });
    const details = [a.name, b.name, c.name, a.name];
    expect(await suite.facade.post(PIPELINES, first)).to.deep.equal({
      status: 400,
      body: { error: { ...cyclic, details } },
    });
    await store(a);
    expect((await suite.facade.ask('PUT', PIPELINES, first)).status).to.equal(400);
    const tree = (name: string) => suite.facade.get(`/api/v1/pipelines/triggers/tree?name=${name}`);
    expect(await tree(a.name)).to.deep.equal({
      status: 200,
      body: [{ name: a.name, children: [{ name: b.name, children: [{ name: c.name, children: [] }] }] }],
    });
    expect(await tree('none')).to.deep.equal(refusal(404, 'triggers tree none Not Found'));
    expect(((await suite.facade.get('/api/v1/pipelines/triggers/tree')).body as object[]).length).to.be.greaterThan(1);
  });

  it('stop at a pipeline that has led to them, where a cycle came to be all the same', async () => {
    const parent = named({ flowInput: {} });
    const child = after(parent);
    await store(parent, child);
    const job = await suite.pipelines.start(parent, { triggeredBy: ['before', child.name] });
    const failure = await triggersOf(job);
    expect(failure)
      .to.have.property('message')
      .that.includes(`${child.name}: it has led to this job itself (before, ${child.name}, ${parent.name})`);
    expect(await jobsOf(child)).to.deep.equal([]);
  });

  async function inputOf(workflowId: string): Promise<{ args: unknown[] }> {
    const { events } = await suite.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return { args: payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown) };
  }
});
