import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PipelineClient } from '../../src/client';
import { Receiver } from '../support/receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';

const ITEMS = 40;
const WINDOW = 8;
const ALGORITHMS = resolve(__dirname, '../support/algorithms/append.ts');

describe('a worker that is killed in the middle of a batch', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let receiver: Receiver;
  let folder: string;
  const taskQueue = `test-${randomUUID()}`;
  const workers: WorkerProcess[] = [];

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
    receiver = await Receiver.start();
    folder = await mkdtemp(join(tmpdir(), 'pipelines-'));
  });

  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await receiver.close();
    await rm(folder, { recursive: true });
  });

  it('costs nothing but the items in hand, and no webhook', async () => {
    const file = join(folder, 'items');
    await writeFile(file, '');
    const begun = async (): Promise<string[]> => (await lines(file)).filter((line) => line.startsWith('begin'));
    const start = async (): Promise<WorkerProcess> => {
      const worker = await WorkerProcess.start(temporal, { taskQueue, algorithms: ALGORITHMS });
      workers.push(worker);
      return worker;
    };

    const first = await start();
    const client = new PipelineClient(temporal.client, { taskQueue, settings: { window: WINDOW } });
    const { jobId } = await client.start({
      name: 'killed',
      nodes: [{ nodeName: 'green', algorithmName: 'append-alg', input: [file, `#[1...${String(ITEMS)}]`, 500] }],
      webhooks: { progress: `${receiver.url}/progress`, result: `${receiver.url}/result` },
    });
    await until('half of the items have begun', async () => (await begun()).length >= ITEMS / 2);
    await first.kill();
    const before = await lines(file);
    await start();

    const result = await client.getHandle(jobId).result();
    expect(result.status, JSON.stringify(result)).to.equal('completed');
    expect(result.data?.map((entry) => entry.result)).to.deep.equal(numbers());
    await receiver.until(({ progress, results }) => results.length === 1 && progress.at(-1)?.status === 'completed');
    expect(unique(receiver.progress.map(({ status }) => status))).to.deep.equal(['pending', 'active', 'completed']);

    const all = await lines(file);
    const twice = numbers().filter((item) => count(all, `begin ${String(item)}`) > 1);
    const thrice = numbers().filter((item) => count(all, `begin ${String(item)}`) > 2);
    expect(thrice).to.deep.equal([]);
    // In hand: begun when the worker was killed, and its end not yet known to the server.
    const begunLast = before.filter((line) => line.startsWith('begin')).slice(-2 * WINDOW);
    expect(begunLast).to.include.members(twice.map((item) => `begin ${String(item)}`));
    expect(twice.length).to.be.at.most(WINDOW);
    for (const item of numbers()) expect(count(all, `end ${String(item)}`), `item ${String(item)}`).to.be.at.least(1);
  });
});

function numbers(): number[] {
  return Array.from({ length: ITEMS }, (_, index) => index + 1);
}

async function lines(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

function count(all: readonly string[], line: string): number {
  return all.filter((other) => other === line).length;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
