/** Whether the places of pipelines with `concurrentPipelines` are counted exactly while many callers submit them at once. */
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { mapAtOnce } from '../../src/temporal/at-once';
import { limitId, placesQuery } from '../../workflows/messages';
import { startTestFacade, type TestFacade } from './facade';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from './temporal';
import { until } from './until';
import { WorkerProcess } from './worker-process';

const SUBMISSIONS = 3;
/** Requests at a time. */
const AT_ONCE = 10;
const AMOUNT = 2;

/** From when a job was first active until it gave its place back, by the server's clock. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * So many stored pipelines, each submitted three times at once.
 *
 * @param count all that the soak test has, fewer in the tests
 */
export function describeConcurrencyLoad(count: number): void {
  describe(`${String(count)} stored pipelines with limits, under load`, function () {
    this.timeout(500_000);
    const taskQueue = `test-${randomUUID()}`;
    const workers: WorkerProcess[] = [];
    let temporal: TestTemporal;
    let facade: TestFacade;
    let folder = '';

    before(async function () {
      this.timeout(TEMPORAL_START_TIMEOUT);
      temporal = await sharedTemporal();
      folder = await mkdtemp(join(tmpdir(), 'pipelines-load-'));
      facade = await startTestFacade(temporal, taskQueue, ['file-gate']);
    });
    afterEach('end the workers', async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    });
    after(async () => {
      await facade.close();
      await rm(folder, { recursive: true });
    });

    async function startWorker(): Promise<WorkerProcess> {
      const algorithms = resolve(__dirname, 'algorithms/file-gate.ts');
      const worker = WorkerProcess.spawn({ address: temporal.address, taskQueue, algorithms, dataDir: folder });
      workers.push(worker);
      await worker.ready;
      return worker;
    }

    async function store(file: string, rejectOnFailure: boolean): Promise<string[]> {
      const names = Array.from({ length: count }, () => `load-${randomUUID()}`);
      const pipelines = names.map((name): Pipeline => {
        const options = { concurrentPipelines: { amount: AMOUNT, rejectOnFailure } };
        return { name, nodes: [{ nodeName: 'one', algorithmName: 'file-gate', input: [file] }], options };
      });
      expect((await facade.post('/api/v1/store/pipelines', pipelines)).status).to.equal(201);
      return names;
    }

    /** Each pipeline so often, as fast as many callers can, who try again where nobody answers in time. */
    async function submit(names: readonly string[]): Promise<{ readonly name: string; readonly jobId?: string }[]> {
      const all = Array.from({ length: SUBMISSIONS }, () => names).flat();
      return await mapAtOnce(all, AT_ONCE, async (name) => {
        const headers = { 'idempotency-key': randomUUID() };
        for (;;) {
          const { status, body } = await facade.post('/api/v1/exec/stored', { name }, headers);
          if (status === 200) return { name, jobId: (body as { jobId: string }).jobId };
          if (status === 503) continue;
          expect(body).to.deep.equal({
            error: {
              code: 400,
              message: `maximum number [${String(AMOUNT)}] of concurrent pipelines has been reached`,
            },
          });
          return { name };
        }
      });
    }

    async function countStatus(names: readonly string[], status: string): Promise<number> {
      const list = names.map((name) => `'${name}'`).join(', ');
      const query = `PipelineName IN (${list}) AND PipelineStatus = '${status}'`;
      return (await temporal.client.workflow.count(query)).count;
    }

    const untilActive = (names: readonly string[]): Promise<unknown> =>
      until(
        'as many are active as may be',
        async () => (await countStatus(names, 'active')) === count * AMOUNT,
        90_000,
      );

    /** A job tells that it has completed a moment before it gives its place back. */
    async function untilFree(names: readonly string[]): Promise<void> {
      for (const name of names) {
        const limit = temporal.client.workflow.getHandle(limitId(taskQueue, { name }));
        await until(
          `the places of ${name} are free`,
          async () => (await limit.query(placesQuery)).holders.length === 0,
        );
      }
    }

    async function spansOf(jobIds: readonly string[]): Promise<Span[]> {
      const spans: Span[] = [];
      for (const jobId of jobIds) spans.push(await spanOf(temporal.client, jobId));
      return spans;
    }

    it('lets as many start as may run, and refuses the others', async () => {
      await startWorker();
      const file = join(folder, randomUUID());
      const names = await store(file, true);
      const answers = await submit(names);
      for (const name of names) {
        const accepted = answers.filter((answer) => answer.name === name && answer.jobId !== undefined);
        expect(accepted, name).to.have.length(AMOUNT);
      }
      await untilActive(names);
      await writeFile(file, '');
      await until('all have completed', async () => (await countStatus(names, 'completed')) === count * AMOUNT, 60_000);
      await untilFree(names);
    });

    it('lets all of them run in turn, never more at a time than may, though the worker is killed meanwhile', async () => {
      const worker = await startWorker();
      const file = join(folder, randomUUID());
      const names = await store(file, false);
      const submitting = submit(names);
      await until('some are active', async () => (await countStatus(names, 'active')) > count / 2, 90_000);
      await worker.kill();
      await startWorker();
      const answers = await submitting;
      await untilActive(names);
      expect(await countStatus(names, 'pending')).to.equal(count * (SUBMISSIONS - AMOUNT));
      await writeFile(file, '');
      const all = count * SUBMISSIONS;
      await until('all have completed', async () => (await countStatus(names, 'completed')) === all, 120_000);
      for (const name of names) {
        const jobIds = answers.flatMap((answer) => (answer.name === name ? [answer.jobId ?? ''] : []));
        expect(most(await spansOf(jobIds)), name).to.equal(AMOUNT);
      }
      await untilFree(names);
    });
  });
}

/** An item is scheduled at once when a job becomes active; what it sends to others before and after is about its place. */
async function spanOf(client: Client, jobId: string): Promise<Span> {
  const { events = [] } = await client.workflow.getHandle(jobId).fetchHistory();
  const first = events?.find((event) => event.activityTaskScheduledEventAttributes != null);
  const last = events?.findLast((event) => {
    return event.signalExternalWorkflowExecutionInitiatedEventAttributes?.signalName === 'leave';
  });
  const at = (event: typeof first): number => {
    const { seconds, nanos } = event?.eventTime ?? {};
    return Number(seconds) * 1_000 + (nanos ?? 0) / 1e6;
  };
  return { from: at(first), to: at(last) };
}

/** How many of them there were at a time. */
function most(spans: readonly Span[]): number {
  return Math.max(...spans.map(({ from }) => spans.filter((span) => span.from <= from && from < span.to).length));
}
