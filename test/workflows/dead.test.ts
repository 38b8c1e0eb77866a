import { expect } from 'chai';
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { PipelineClient } from '../../src/client';
import { freePort } from '../../src/temporal/ports';
import { Delivery } from '../support/deliveries';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';

const MAIN = resolve(__dirname, '../../src/cli/main.ts');

// What an operator hears of a delivery that was given up: a warning with its id, and a count.

describe('a delivery that is dead', () => {
  const listen = useReceiver();
  const taskQueue = `dead-${randomUUID()}`;
  let temporal: TestTemporal;
  let worker: ChildProcess;
  let metrics: string;
  let logged = '';

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
    metrics = `127.0.0.1:${String(await freePort(0))}`;
    const settings = {
      METRICS_ADDRESS: metrics,
      TEMPORAL_ADDRESS: temporal.address,
      TASK_QUEUE: taskQueue,
      WEBHOOK_ALLOW: '127.0.0.0/8',
      LOG_LEVEL: 'warn',
    };
    worker = fork(MAIN, ['worker'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    worker.stderr?.setEncoding('utf8').on('data', (text: string) => (logged += text));
  });

  after('stop the worker', async function () {
    this.timeout(30_000);
    worker.kill('SIGTERM');
    if (worker.exitCode === null) await once(worker, 'exit');
  });

  it('is logged once with its id, and counted with its reason', async function () {
    this.timeout(60_000);
    const to = await listen(({ path }) => (path === '/gone' ? 410 : 500));
    const pipelines = new PipelineClient(temporal.client, { taskQueue, settings: { retryScheduleMs: [0, 100] } });
    const ids: string[] = [];
    for (const path of ['/down', '/gone', '/down']) {
      const nodes = [{ nodeName: 'one', algorithmName: 'green-alg', input: [1] }];
      const { jobId } = await pipelines.start({ name: 'dead', nodes, webhooks: { result: to.url + path } });
      const delivery = new Delivery(temporal.client, jobId, 'result');
      await temporal.client.workflow.getHandle(jobId).result();
      const { id } = await delivery.until('dead', ({ state }) => state === 'dead');
      ids.push(id);
      // A manual attempt that fails changes nothing, and is no news.
      await delivery.redeliver();
      await delivery.until('tried again', ({ attempts }) => attempts.at(-1)?.trigger === 'manual');
      await delivery.handle.terminate();
    }
    const warnings = logged.split('\n').filter((line) => line.includes('webhook delivery is dead'));
    expect(warnings.map((line) => (JSON.parse(line) as { webhookId: string }).webhookId)).to.deep.equal(ids);
    expect(warnings.map((line) => (JSON.parse(line) as { level: number }).level)).to.deep.equal([40, 40, 40]);
    const counts = await until('they are counted', async () => {
      const text = await (await fetch(`http://${metrics}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith('webhook_deliveries_dead'));
      return lines.length === 2 && lines;
    });
    const countOf = (reason: string): number =>
      Number(
        counts
          .find((line) => line.includes(`reason="${reason}"`))
          ?.split(' ')
          .at(-1),
      );
    expect([countOf('exhausted'), countOf('gone')]).to.deep.equal([2, 1]);
  });

  it('is counted by no worker whose address is taken: it says so and ends', async function () {
    this.timeout(30_000);
    const second = fork(MAIN, ['worker', '--metrics-address', metrics], {
      env: { ...process.env, TEMPORAL_ADDRESS: temporal.address, TASK_QUEUE: taskQueue },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    second.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(second, 'close');
    expect(second.exitCode).to.equal(1);
    expect(said).to.match(new RegExp(`^temporal-pipelines: METRICS_ADDRESS ${metrics}: .*in use.*\\n$`));
  });
});
