import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { after, before } from 'mocha';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { startTestFacade, type TestFacade } from '../support/facade';
import { GRAMMAR } from '../support/grammar';
import { GRAMMAR_ALGORITHMS, grammarPipeline, type Expected } from '../support/grammar-scene';
import { rejection } from '../support/rejection';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

const ROWS = Object.entries(GRAMMAR).flatMap(([group, rows]) =>
  rows.map((row) => ({
    title: `${group}: ${row[0]}`,
    pipeline: grammarPipeline(row, group === 'cartesian' ? group : undefined),
    expected: row[2],
    onRun: row[3]?.onRun === true,
  })),
);
const TAKEN = ROWS.filter(({ expected, onRun }) => onRun && !('refusal' in expected));
const REFUSALS = ROWS.flatMap(({ expected, ...row }) => ('refusal' in expected ? [{ ...row, ...expected }] : []));

describe('the input grammar on a real run', () => {
  const suite = useWorker({
    algorithms: {
      'answer-alg': ({ input }) => GRAMMAR_ALGORITHMS['answer-alg'](input),
      'input-alg': ({ input }) => GRAMMAR_ALGORITHMS['input-alg'](input),
    },
  });

  let facade: TestFacade;
  before(async () => {
    facade = await startTestFacade(suite.temporal, suite.worker.taskQueue, Object.keys(GRAMMAR_ALGORITHMS));
  });
  after(() => facade.close());

  const post = (pipeline: unknown) => facade.post('/api/v1/exec/raw', pipeline);

  for (const { title, pipeline, expected } of TAKEN) {
    it(title, async () => {
      await expectResult(await suite.start(pipeline), expected);
    });
  }

  const titled = (text: string) => TAKEN.filter(({ title }) => title.includes(text));

  it('takes keys that any object has through the facade as well', async () => {
    const rows = titled('keys of any object');
    expect(rows).to.have.length(1);
    for (const { pipeline, expected } of rows) {
      const { status, body } = await post(pipeline);
      expect(status, JSON.stringify(body)).to.equal(200);
      await expectResult(suite.worker.client.getHandle((body as { jobId: string }).jobId), expected);
    }
  });

  it('has no key __proto__ through the facade, which refuses it in any body', async () => {
    const rows = titled('odd keys');
    expect(rows).to.have.length(3);
    const message = 'Object contains forbidden prototype property';
    for (const { pipeline } of rows) {
      expect(await post(pipeline)).to.deep.equal({ status: 400, body: { error: { code: 400, message } } });
    }
  });

  describe('is refused', () => {
    for (const { title, pipeline, refusal } of REFUSALS) {
      it(`by the facade, ${title}`, async () => {
        const { message, details } = refusal;
        expect(await post(pipeline)).to.deep.equal({
          status: 400,
          body: { error: { code: 400, message, ...(details !== undefined && { details }) } },
        });
      });
    }

    it('by the facade, an unknown algorithm', async () => {
      expect(await post({ name: 'grammar', nodes: [{ nodeName: 'last', algorithmName: 'gone-alg' }] })).to.deep.equal({
        status: 404,
        body: { error: { code: 404, message: 'algorithm gone-alg Not Found' } },
      });
    });

    it('without anything being started', async () => {
      const name = `refused-${randomUUID()}`;
      for (const { pipeline } of REFUSALS) expect((await post({ ...pipeline, name })).status).to.equal(400);
      const { jobId } = await suite.start({ name, nodes: [{ nodeName: 'last', algorithmName: 'input-alg' }] });
      const jobs = await until('the one that was taken is listed', async () => {
        const ids: string[] = [];
        for await (const { workflowId } of suite.client.workflow.list({ query: `PipelineName = '${name}'` })) {
          ids.push(workflowId);
        }
        return ids.length > 0 && ids;
      });
      expect(jobs).to.deep.equal([jobId]);
    });

    for (const { title, pipeline, refusal } of REFUSALS) {
      it(`at once by the workflow itself, ${title}`, async () => {
        const { message, details = [] } = refusal;
        const { failure, status, events } = await startOnTemporal(pipeline);
        expect(failure).to.include({ type: 'InvalidPipeline', nonRetryable: true, message });
        expect(failure.details).to.deep.equal([details]);
        expect(status).to.equal('FAILED');
        // Started, one workflow task, failed.
        expect(events).to.equal(5);
      });
    }
  });

  async function expectResult(job: JobHandle, expected: Expected): Promise<void> {
    const { status, data = [] } = await job.result();
    expect(status).to.equal('completed');
    expect(data.filter(({ nodeName }) => nodeName === 'last')).to.deep.equal(entriesOf(expected));
  }

  async function startOnTemporal(
    pipeline: Pipeline,
  ): Promise<{ failure: ApplicationFailure; status: string; events: number }> {
    const handle = await suite.client.workflow.start('runPipeline', {
      workflowId: `grammar:${randomUUID()}`,
      taskQueue: suite.worker.taskQueue,
      args: [pipeline],
    });
    const error = await rejection(handle.result());
    if (!(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure)) throw error;
    const { status, historyLength } = await handle.describe();
    return { failure: error.cause, status: status.name, events: historyLength };
  }
});

/** What the result says of the node under test. */
function entriesOf(expected: Expected): object[] {
  const entry = { nodeName: 'last', algorithmName: 'input-alg' };
  if ('task' in expected) return [{ ...entry, result: expected.task }];
  if (!('tasks' in expected)) throw new Error('it is to be refused');
  return expected.tasks.flatMap((result, index) => {
    return result === null ? [] : [{ ...entry, batchID: `last#${String(index + 1)}`, result }];
  });
}
