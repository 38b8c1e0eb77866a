/** What the tests of faults share: worker processes to be killed, and jobs whose items keep a journal. */
import type { Client } from '@temporalio/client';
import { afterEach } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BlobStore } from '../../src/blobs/blobs';
import { openBlobs } from '../../src/blobs/open-blobs';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { PipelineNode } from '../../src/domain/pipeline';
import type { JobSettings } from '../../src/domain/settings';
import { FaultJob } from './fault-job';
import { Journal, type Fault } from './journal';
import { KeptWorker } from './kept-worker';
import { Receiver } from './receiver';
import { WorkerProcess } from './worker-process';

const ALGORITHMS = resolve(__dirname, 'algorithms/journal.ts');

/** A Temporal server, shared or a test's own. */
export interface Server {
  readonly address: string;
  readonly client: Client;
}

export interface FaultJobOptions {
  /** How many items the one batch has. */
  readonly width: number;
  /** How long each works. */
  readonly ms: number;
  /** What single items do instead. */
  readonly faults?: Readonly<Record<number, Fault>>;
  readonly retry?: PipelineNode['retry'];
  /** Whether the algorithm is declared short. Default: it is not. */
  readonly short?: boolean;
  readonly settings?: Partial<JobSettings>;
  /** Who is told. Default: somebody who takes all. */
  readonly receiver?: Receiver;
}

export class FaultRig {
  readonly taskQueue = `test-${randomUUID()}`;
  private readonly workers: WorkerProcess[] = [];
  private readonly kept: KeptWorker[] = [];
  private readonly receivers: Receiver[] = [];

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    private readonly blobs: BlobStore,
  ) {}

  static async create(server: Server): Promise<FaultRig> {
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-'));
    return new FaultRig(server, folder, await openBlobs({ dataDir: folder }));
  }

  /**
   * @param buildId turns worker versioning on; the name of the deployment is that of the task queue
   * @returns a worker process that serves the rig's jobs, or another task queue
   */
  async startWorker(taskQueue?: string, buildId?: string): Promise<WorkerProcess> {
    const worker = this.spawn(taskQueue, buildId);
    await worker.ready;
    return worker;
  }

  /** @returns a worker that serves, and is started again whenever it dies */
  async keepWorker(): Promise<KeptWorker> {
    const kept = await KeptWorker.start(() => this.spawn());
    this.kept.push(kept);
    return kept;
  }

  /** For jobs that the rig's workers serve. */
  createClient(settings: Partial<JobSettings>): PipelineClient {
    return new PipelineClient(this.server.client, { taskQueue: this.taskQueue, settings, blobs: this.blobs });
  }

  /**
   * Starts a job of so many items of no cost, of which some fail. Nobody is told of it.
   *
   * @returns with `log`, where its items leave their numbers as they begin, four bytes each
   */
  async startLight(width: number): Promise<{ readonly handle: JobHandle; readonly log: string }> {
    const log = join(this.folder, randomUUID());
    const handle = await this.createClient({}).start({
      name: 'light',
      nodes: [
        {
          nodeName: 'green',
          algorithmName: 'light-alg',
          input: [log, `#[1...${String(width)}]`],
          retry: { policy: 'OnCrash', limit: 20 },
        },
      ],
    });
    return { handle, log };
  }

  /** Starts a job of one batch with webhooks of its own. */
  async startJob({
    width,
    ms,
    faults = {},
    retry,
    short = false,
    settings = {},
    receiver: given,
  }: FaultJobOptions): Promise<FaultJob> {
    const receiver = given ?? (await Receiver.start());
    if (given === undefined) this.receivers.push(receiver);
    const journal = await Journal.create(join(this.folder, randomUUID()));
    const node: PipelineNode = {
      nodeName: 'green',
      algorithmName: short ? 'short-journal-alg' : 'journal-alg',
      input: [journal.file, `#[1...${String(width)}]`, ms, JSON.parse(JSON.stringify(faults))],
      ...(retry !== undefined && { retry }),
    };
    const handle = await this.createClient(settings).start({
      name: 'faults',
      nodes: [node],
      webhooks: receiver.webhooks,
    });
    return new FaultJob(this.server.client, handle, width, journal, receiver);
  }

  async close(): Promise<void> {
    await Promise.all(this.kept.map((kept) => kept.close()));
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await Promise.all(this.receivers.map((receiver) => receiver.close()));
    await rm(this.folder, { recursive: true });
  }

  private spawn(taskQueue = this.taskQueue, buildId?: string): WorkerProcess {
    const worker = WorkerProcess.spawn({
      address: this.server.address,
      taskQueue,
      algorithms: ALGORITHMS,
      dataDir: this.folder,
      ...(buildId !== undefined && { buildId }),
    });
    this.workers.push(worker);
    return worker;
  }
}

/** @returns starts a rig on a server; all that it has started is ended after the test */
export function useRigs(): (server: Server) => Promise<FaultRig> {
  const rigs: FaultRig[] = [];
  afterEach('end the workers', async function () {
    this.timeout(30_000);
    await Promise.all(rigs.splice(0).map((rig) => rig.close()));
  });
  return async (server) => {
    const rig = await FaultRig.create(server);
    rigs.push(rig);
    return rig;
  };
}
