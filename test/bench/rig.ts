/** What all rows run on: one server as `npm start` has it, and a worker for each side. */
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BlobStore } from '../../src/blobs/blobs';
import { openBlobs } from '../../src/blobs/open-blobs';
import { FACADE_FLAGS } from '../../src/cli/children';
import { PipelineClient } from '../../src/client';
import { connect } from '../../src/temporal/connection';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server';
import { adopt, Child, cpuSeconds, peakBytes, release, resetPeak } from '../support/measured-process';
import type { Sample } from './row';
import type { BenchWorkerOptions } from './worker';

export type Side = BenchWorkerOptions['side'];

const SIDES = ['ours', 'bare'] as const;
const BARE_WORKFLOWS = require.resolve('./bare-workflows');
const WORKER = require.resolve('./worker');
/** As it is published, which `npm run bench` has built. */
const PACKAGE = resolve(__dirname, '../../lib');
const MAIN = join(PACKAGE, 'src/cli/main.js');
const SETTLE_MS = 20_000;

/** Of jobs that no worker takes. */
export const NOBODYS_QUEUE = 'bench-nobody';

export class Rig {
  readonly pipelines: PipelineClient;
  private workers: { slots: number; of: Record<Side, Child> } | undefined;
  private facade: Promise<Child> | undefined;

  private constructor(
    readonly client: Client,
    private readonly server: DevServer,
    private readonly dir: string,
    blobs: BlobStore,
  ) {
    this.pipelines = new PipelineClient(client, { taskQueue: this.queue('ours'), blobs });
  }

  static async start(): Promise<Rig> {
    const dir = await mkdtemp(join(tmpdir(), 'pipelines-bench-'));
    // Also where the benchmark is ended in the middle.
    process.once('exit', () => {
      rmSync(dir, { recursive: true, force: true });
    });
    const server = await startDevServer({
      dataDir: join(dir, 'server'),
      port: 0,
      uiPort: 0,
      onSpawn: ({ pid }) => {
        adopt(pid);
        return Promise.resolve();
      },
    });
    const { code } = await bundleWorkflowCode({ workflowsPath: BARE_WORKFLOWS, logger: new DefaultLogger('ERROR') });
    await writeFile(join(dir, 'bare.js'), code);
    const blobs = await openBlobs({ dataDir: dir });
    return new Rig(await connect({ address: server.address }), server, dir, blobs);
  }

  queue(side: Side): string {
    return `bench-${side}`;
  }

  /**
   * Sees to it that both sides have a worker with so many slots.
   *
   * @returns whether they are new
   */
  async useWorkers(slots: number): Promise<boolean> {
    if (this.workers?.slots === slots) return false;
    await this.stopWorkers();
    const [ours, bare] = await Promise.all(
      SIDES.map((side) => {
        const { address } = this.server;
        const bundle = side === 'ours' ? join(PACKAGE, 'workflow-bundle.js') : join(this.dir, 'bare.js');
        const taskQueue = this.queue(side);
        const options: BenchWorkerOptions = { side, address, taskQueue, slots, bundle, dataDir: this.dir };
        return Child.start(WORKER, [JSON.stringify(options)]);
      }),
    );
    if (ours === undefined || bare === undefined) throw new Error('a worker is missing');
    this.workers = { slots, of: { ours, bare } };
    return true;
  }

  /** Rejects when a worker ends that nobody has stopped: what it had in hand would be waited for in vain. */
  get workerLost(): Promise<never> {
    const { ours, bare } = this.workers?.of ?? {};
    return Promise.race([ours, bare].flatMap((child) => child?.lost ?? []));
  }

  /** Ends whatever still runs, and the workers: for what comes after a failure, or must find memory unused. */
  async clear(): Promise<void> {
    for (const side of SIDES) {
      for await (const { workflowId, type } of this.client.workflow.list({
        query: `${this.of(side)} AND ${RUNNING}`,
      })) {
        if (type === 'algorithmRegistry') continue;
        await this.client.workflow
          .getHandle(workflowId)
          .terminate('the benchmark goes on')
          .catch(() => undefined);
      }
    }
    await this.stopWorkers();
  }

  /** The same with the CPU of server and worker, the worker's memory, and the events of all executions, while `run` runs. */
  async measured(side: Side, run: () => Promise<Sample>): Promise<Sample> {
    const worker = this.workers?.of[side].pid ?? 0;
    const cpu = async (): Promise<number> => (await cpuSeconds(worker)) + (await cpuSeconds(this.server.pid));
    await resetPeak(worker);
    const since = new Date();
    const before = await cpu();
    const sample = await run();
    const used = (await cpu()) - before;
    const peak = await peakBytes(worker);
    return { ...sample, cpuSeconds: used, peakBytes: peak, events: await this.eventsSince(side, since) };
  }

  /** The real facade, for a queue that nobody polls. */
  async facadeUrl(): Promise<string> {
    this.facade ??= Child.start(MAIN, ['serve'], {
      TEMPORAL_ADDRESS: this.server.address,
      TASK_QUEUE: NOBODYS_QUEUE,
      DATA_DIR: join(this.dir, 'facade'),
      PORT: '0',
      LOG_LEVEL: 'error',
      // As `npm start` and the compose file run it.
      NODE_OPTIONS: FACADE_FLAGS.join(' '),
    });
    const { url } = (await this.facade).ready;
    if (url === undefined) throw new Error('the facade does not tell where it listens');
    return url;
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await (await this.facade?.catch(() => undefined))?.stop();
    await this.client.connection.close();
    await this.server.stop();
    release(this.server.pid);
  }

  private async stopWorkers(): Promise<void> {
    const stopping = this.workers;
    this.workers = undefined;
    if (stopping !== undefined) await Promise.all(SIDES.map((side) => stopping.of[side].stop()));
  }

  private of(side: Side): string {
    return `TaskQueue = '${this.queue(side)}'`;
  }

  /** Visibility is a little behind: what runs is waited for, and what has closed tells its length. */
  private async eventsSince(side: Side, since: Date): Promise<number> {
    const deadline = Date.now() + SETTLE_MS;
    const query = `${this.of(side)} AND StartTime >= '${since.toISOString()}'`;
    for (;;) {
      const lengths: number[] = [];
      let open = 0;
      for await (const { status, historyLength } of this.client.workflow.list({ query })) {
        if (status.name === 'RUNNING') open++;
        lengths.push(historyLength);
      }
      if (open === 0 && lengths.length > 0) return lengths.reduce((sum, length) => sum + length, 0);
      if (Date.now() > deadline) throw new Error(`${open} executions still run`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const RUNNING = "ExecutionStatus = 'Running'";
