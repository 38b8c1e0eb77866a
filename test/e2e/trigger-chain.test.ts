import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { openBlobs } from '../../src/blobs/open-blobs';
import { PipelineClient } from '../../src/client';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { KeptWorker } from '../support/kept-worker';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';
import { WorkerProcess } from '../support/worker-process';

const LINKS = [1, 2, 3, 4, 5].map((number) => `link-${String(number)}`);

describe('a chain of five pipelines, each triggered by the one before', function () {
  this.timeout(120_000);
  let dataDir: string;
  let store: Store;
  let worker: KeptWorker;
  const taskQueue = `chain-${randomUUID()}`;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const { address } = await sharedTemporal();
    dataDir = await mkdtemp(join(tmpdir(), 'pipelines-chain-'));
    store = await openStore({ dataDir });
    const algorithms = join(__dirname, '../support/algorithms/links.ts');
    worker = await KeptWorker.start(() => WorkerProcess.spawn({ address, taskQueue, algorithms, dataDir }));
  });

  after(async () => {
    await worker.close();
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it('runs each once, with the results of those before, though the worker is killed', async () => {
    const { client } = await sharedTemporal();
    const file = join(dataDir, 'links');
    await writeFile(file, '');
    for (const [index, name] of LINKS.entries()) {
      await store.pipelines.insert({
        name,
        nodes: [{ nodeName: 'link', algorithmName: 'link-alg', input: [file, name, '@flowInput.parent'] }],
        ...(index > 0 && { triggers: { pipelines: [LINKS[index - 1] ?? ''] } }),
      });
    }
    const blobs = await openBlobs({ dataDir });
    const pipelines = new PipelineClient(client, { taskQueue, blobs, settings: { triggeredBy: [] } });
    const first = (await store.pipelines.get(LINKS[0] ?? ''))?.definition;
    if (first === undefined) throw new Error('it was not stored');
    await pipelines.start({ ...first, flowInput: { parent: [] } });
    await until('the third has run', async () => (await readFile(file, 'utf8')).includes('link-3'));
    // Its job has not ended yet, or has not triggered yet, or has.
    await worker.kill();
    const queue = `TaskQueue = '${taskQueue}' AND WorkflowType = 'runPipeline'`;
    await untilListed(client, LINKS.length, `${queue} AND ExecutionStatus = 'Completed'`, 90_000);
    // What triggers nothing more has ended as well.
    await untilListed(
      client,
      4,
      `TaskQueue = '${taskQueue}' AND WorkflowType = 'triggerPipelines' AND ExecutionStatus = 'Completed'`,
    );
    expect((await client.workflow.count(queue)).count).to.equal(LINKS.length);
    const [last] = await pipelines.lastRuns({ sort: 'desc', limit: 1, name: 'link-5', type: 'trigger' });
    expect((await last?.result())?.data).to.deep.equal([
      { nodeName: 'link', algorithmName: 'link-alg', result: LINKS },
    ]);
    await blobs.close();
  });
});
