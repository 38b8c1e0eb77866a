import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient, type JobHandle } from '../../src/client';
import { PIPELINE_EXPERIMENT, PIPELINE_STATUS } from '../../workflows/search-attributes';
import { Gate } from '../support/gate';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';
import { startWorker } from '../support/worker';

// What a job has in visibility before its workflow has told of it, and what does not fit (DESIGN.md, «Search attributes»).

describe('what visibility is told of a job', function () {
  const gate = new Gate();
  const id = randomUUID().slice(0, 8);
  const taskQueue = `late-${id}`;
  const experimentName = `late-${id}`;
  /** With the others' names and tags before it: more than the 2 KiB that the server takes for one list. */
  const many = Array.from({ length: 80 }, (_, index) => `${id}-of-many-names-${String(index).padStart(4, '0')}`);
  const last = many.at(-1) ?? '';
  let temporal: TestTemporal;
  let client: PipelineClient;
  let one: JobHandle;
  let other: JobHandle;
  let wide: JobHandle;

  const start = (name: string, algorithms: readonly string[], tags: readonly string[] = []): Promise<JobHandle> =>
    client.start({
      name,
      experimentName,
      tags: [...tags],
      nodes: algorithms.map((algorithmName, index) => ({ nodeName: `n${String(index)}`, algorithmName, input: [1] })),
    });
  const attributesOf = async (job: JobHandle): Promise<Record<string, unknown>> => {
    const { typedSearchAttributes } = await temporal.client.workflow.getHandle(job.jobId).describe();
    const ours = typedSearchAttributes.getAll().filter(({ key }) => key.name.startsWith('Pipeline'));
    return Object.fromEntries(ours.map(({ key, value }) => [key.name, value]));
  };
  const idsOf = async (criteria: Parameters<PipelineClient['jobs']['search']>[0], order: 'asc' | 'desc') =>
    (await client.jobs.search({ experimentName, ...criteria }, { order })).hits.map(({ jobId }) => jobId);

  /** By all ways in which jobs are looked for. */
  async function expectFound(
    criteria: NonNullable<Parameters<typeof idsOf>[0]>,
    jobs: readonly JobHandle[],
  ): Promise<void> {
    const expected = jobs.map(({ jobId }) => jobId);
    for (const order of ['asc', 'desc'] as const) {
      expect(await idsOf(criteria, order), order).to.have.members(expected);
      const listed: string[] = [];
      for await (const { jobId } of client.jobs.list({ experimentName, ...criteria }, order)) listed.push(jobId);
      expect(listed, order).to.have.members(expected);
    }
    expect(await client.jobs.count({ experimentName, ...criteria })).to.equal(expected.length);
  }

  async function expectAllFound(): Promise<void> {
    await expectFound({ algorithmName: `${id}-held` }, [one]);
    await expectFound({ algorithmName: last }, [wide]);
    await expectFound({ algorithmName: `${id}-nobody` }, []);
    await expectFound({ tags: ['common'] }, [other, wide]);
    await expectFound({ tags: ['common', last] }, [wide]);
    await expectFound({ tags: ['common', 'nobody'] }, []);
    await expectFound({ algorithmName: `${id}-quick`, tags: ['common'] }, [other, wide]);
    await expectFound({ algorithmName: `${id}-held`, tags: ['common'] }, []);
    await expectFound({ type: 'raw' }, [one, other, wide]);
    await expectFound({ type: 'stored' }, []);
    const lastRuns = await client.lastRuns({ experimentName, type: 'raw', sort: 'asc', limit: 10 });
    expect(lastRuns.map(({ jobId }) => jobId)).to.have.members([one, other, wide].map(({ jobId }) => jobId));
  }

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
    client = new PipelineClient(temporal.client, { taskQueue });
    one = await start('one', [`${id}-held`]);
    other = await start('other', [`${id}-quick`], ['common']);
    wide = await start('wide', [`${id}-quick`, ...many], ['common', ...many]);
    await untilListed(temporal.client, 3, `PipelineExperiment = '${experimentName}'`);
  });

  it('answers whole pages of what matches, whatever else had to be looked through', async () => {
    for (const order of ['asc', 'desc'] as const) {
      const pageOf = async (skip: number) =>
        (await client.jobs.search({ experimentName, algorithmName: `${id}-held` }, { order, limit: 1, skip })).hits.map(
          ({ jobId }) => jobId,
        );
      expect(await pageOf(0), order).to.deep.equal([one.jobId]);
      expect(await pageOf(1), order).to.deep.equal([]);
      const first = await client.jobs.search({ experimentName, tags: ['common'] }, { order, limit: 1 });
      expect(first.hits).to.have.length(1);
      const { cursor } = first;
      const rest = await client.jobs.search(
        { experimentName, tags: ['common'] },
        { order, limit: 5, ...(cursor && { cursor }) },
      );
      expect(
        [...first.hits, ...rest.hits].map(({ jobId }) => jobId),
        order,
      ).to.have.members([other.jobId, wide.jobId]);
    }
  });

  it('finds jobs that nobody runs yet by all that they are', async () => {
    expect(await attributesOf(one)).to.deep.equal({
      PipelineName: 'one',
      PipelineStatus: 'pending',
      PipelineExperiment: experimentName,
    });
    await expectAllFound();
    expect((await client.find({ algorithmName: last })).map(({ jobId }) => jobId)).to.deep.equal([wide.jobId]);
    expect(await client.find({ algorithmName: `${id}-nobody` })).to.deep.equal([]);
    expect(await one.started()).to.have.deep.property('types', ['raw']);
  });

  it('has the rest once a job has been active for a second, or has ended; and finds as before', async () => {
    const quick = (): number => 1;
    const worker = await startWorker(temporal, {
      taskQueue,
      algorithms: {
        [`${id}-held`]: ({ jobId }, { signal }) => gate.wait(jobId, signal),
        [`${id}-quick`]: quick,
        ...Object.fromEntries(many.map((name) => [name, quick])),
      },
    });
    try {
      await Promise.all([other.result(), wide.result()]);
      await until('it is shown as active', async () => (await attributesOf(one))['PipelineStatus'] === 'active');
      const { startedAt, shownAt } = await timesOf(one);
      expect(shownAt - startedAt).to.be.within(1_000, 4_000);
      expect(await attributesOf(one)).to.deep.equal({
        PipelineName: 'one',
        PipelineStatus: 'active',
        PipelineExperiment: experimentName,
        PipelineTypes: ['raw'],
        PipelineAlgorithms: [`${id}-held`],
      });
      const { PipelineAlgorithms: listed } = await attributesOf(wide);
      expect((listed as string[]).slice(0, 2)).to.deep.equal([`${id}-quick`, many[0]]);
      expect((listed as string[]).at(-1)).to.equal('…');
      await untilListed(
        temporal.client,
        2,
        `PipelineExperiment = '${experimentName}' AND PipelineStatus = 'completed'`,
      );
      await untilListed(temporal.client, 1, `PipelineExperiment = '${experimentName}' AND PipelineStatus = 'active'`);
      await expectAllFound();
    } finally {
      gate.open(one.jobId);
      await one.result();
      await worker.stop();
    }
  });

  it('passes over a job that is none, and is there from the start for workers of earlier versions', async () => {
    const typedSearchAttributes = [
      { key: PIPELINE_STATUS, value: 'pending' },
      { key: PIPELINE_EXPERIMENT, value: experimentName },
    ];
    const options = { workflowId: `none-${id}`, taskQueue: `nobody-${id}`, args: [null], typedSearchAttributes };
    const none = await temporal.client.workflow.start('runPipeline', options);
    const settings = { version: 5 };
    const old = await new PipelineClient(temporal.client, { taskQueue: `nobody-${id}`, settings }).start({
      name: 'old',
      nodes: [{ nodeName: 'n', algorithmName: `${id}-old`, input: [] }],
    });
    expect(await attributesOf(old)).to.deep.include({ PipelineTypes: ['raw'], PipelineAlgorithms: [`${id}-old`] });
    await untilListed(temporal.client, 4, `PipelineExperiment = '${experimentName}'`);
    await expectFound({ algorithmName: `${id}-held` }, [one]);
    await none.terminate();
    await temporal.client.workflow.getHandle(old.jobId).terminate();
  });

  /** When the job's first task began, and when it was shown as active, in epoch milliseconds by the server's clock. */
  async function timesOf({ jobId }: JobHandle): Promise<{ startedAt: number; shownAt: number }> {
    const { events = [] } = await temporal.client.workflow.getHandle(jobId).fetchHistory();
    const timeOf = (attributes: keyof (typeof events & object)[number]): number => {
      const { seconds, nanos } = events?.find((event) => event[attributes] != null)?.eventTime ?? {};
      return Number(seconds) * 1_000 + Number(nanos) / 1e6;
    };
    return {
      startedAt: timeOf('workflowTaskStartedEventAttributes'),
      shownAt: timeOf('upsertWorkflowSearchAttributesEventAttributes'),
    };
  }
});
