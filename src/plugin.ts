/** What turns an ordinary Temporal Worker into one that runs pipelines (contract §11). */
import { SimplePlugin } from '@temporalio/plugin';
import { Runtime, Worker, type BundleOptions, type WorkerOptions } from '@temporalio/worker';
import {
  checkAlgorithms,
  createHttpAlgorithm,
  createKeepOutcomes,
  createReadInput,
  createReadInputActivity,
  createRunBlock,
  createSendWebhook,
  createSweepBlobs,
  createWriteResult,
  type Algorithms,
} from '../activities';
import type { BlobStore } from './blobs/blobs';
import { JobBlobs } from './blobs/job-blobs';
import type { Endpoint } from './domain/endpoint';
import type { Announcement } from './domain/registry';
import { createNamespaceId, ensureBlobSweeper, isRetained } from './temporal/blob-sweeper';
import { keepDone, type Keeping } from './temporal/keeping';
import { storedActivities, type StoredOptions } from './stored-jobs';
import { ensureReconciler } from './temporal/reconciler';
import { announce } from './temporal/registry';
import { temporalActivities } from './temporal-activities';
import { toSource, type EndpointSource } from './webhooks/endpoints';
import { parseAllowList } from './webhooks/guard';
import { withWorkerSettings } from './worker-settings';
import { createSender, type Sender, type SenderOptions } from './webhooks/send';

const CONNECT_TIMEOUT_MS = 5_000;

/** A namespace that allows no schedule will not allow one in five seconds either. */
const SCHEDULE_RETRY_MS = 60_000;

/** What a worker serves, and how it sends webhooks. */
export interface PipelinesPluginOptions {
  /** The algorithms that this worker serves, by name. All workers of a task queue serve the same ones. */
  readonly algorithms: Algorithms;
  /** How webhooks are sent. @default unsigned, to public addresses only */
  readonly webhooks?: {
    /** Each signs (see `parseSecrets` of `./webhooks`). @default none: unsigned */
    readonly secrets?: SenderOptions['secrets'];
    /** Addresses besides the public ones that may be called. @default none */
    readonly allow?: SenderOptions['allow'];
    /** Look-up, TCP and TLS together, in milliseconds. @default 5000 */
    readonly connectTimeoutMs?: number;
    /** Requests in flight at a time. @default 500 */
    readonly concurrency?: number;
    /** The same for each host and port; whoever finds no place waits in a timer of Temporal's. @default 8 */
    readonly hostConcurrency?: number;
    /** PEM texts of authorities that are trusted besides the ones that Node ships. @default none */
    readonly ca?: SenderOptions['ca'];
    /**
     * What is set for single receivers: a list, checked at once, or where to look them up. An endpoint that breaks a rule
     * is an Error with the `code` `InvalidPipeline`.
     *
     * @default nothing
     */
    readonly endpoints?: readonly Endpoint[] | EndpointSource;
  };
  /** Algorithms that are HTTP endpoints. */
  readonly http?: {
    /** Addresses besides the public ones that may be called. @default none */
    readonly allow?: SenderOptions['allow'];
    /** Look-up, TCP and TLS together, in milliseconds. @default 5000 */
    readonly connectTimeoutMs?: number;
  };
  /**
   * Where values go that are too large for a history, also of a million small ones; the client that reads results is
   * given the same. See `openBlobs`.
   *
   * @default nowhere: an output, and all results of a job, are limited to 1.9 MB
   */
  readonly blobs?: BlobStore;
  /**
   * What is stored for all, as in the database of a facade: this worker then starts what jobs trigger, and what runs at
   * its times.
   *
   * @default nothing: no job triggers another, and schedules of stored pipelines wait for another worker
   */
  readonly stored?: StoredOptions;
  /**
   * Whether the names of the algorithms are told to the registry, by which a facade knows who serves them.
   *
   * @default true
   */
  readonly announce?: boolean;
  /**
   * Whether the worker sees to it that there is a Temporal Schedule by which receivers are told of jobs that were terminated
   * or timed out from outside, and with `blobs` to another by which those of forgotten jobs are removed. They start the
   * workflows `reconcileWebhooks` and `sweepBlobs`, so a worker with own workflows must have them.
   *
   * @default true
   */
  readonly reconcile?: boolean;
}

/**
 * Adds the activities `runBlock`, `readInput`, `keepOutcomes`, `writeResult`, `sweepBlobs`, `findWorkers`, `findEnded`,
 * `findUntold`, `isOwnDelivery`, `hasSearchAttributes`, `findTriggered`, `startStored` and `sendWebhook` to a Worker, and the
 * workflows `runPipeline`, `concurrencyLimit`, `deliverWebhook`, `testWebhook`, `reconcileWebhooks`, `sweepBlobs`,
 * `triggerPipelines`, `startScheduled` and `algorithmRegistry` where it has none of its own; a worker with own
 * workflows re-exports ours from `temporal-pipelines/workflows`.
 *
 * Where the options of the worker leave them open it heartbeats every second, gives up a lost sticky queue after two and has ten to shut down.
 * Worker versioning (`workerDeploymentOptions`) holds for the webhooks too; its default behaviour should be `AUTO_UPGRADE`.
 *
 * Webhooks are sent by a second worker inside the same process, on `<task queue>-webhooks`, so that a slow receiver
 * takes no slot of an algorithm. It lives exactly as long as the worker that the plugin is given to. Names are looked up by
 * Node's threads, of which a process has four: `UV_THREADPOOL_SIZE=64` keeps silent name servers out of the others' way.
 */
export class PipelinesPlugin extends SimplePlugin {
  private readonly sender: Sender;
  private readonly concurrency: number;
  private workerOptions: WorkerOptions | undefined;
  private readonly own: { worker?: Worker };

  private readonly algorithms: Algorithms | undefined;
  private readonly reconcile: boolean;
  private readonly sweeps: boolean;
  private tellAnnounced: () => void = () => undefined;
  /** Settled once the worker has announced its algorithms, or could not, which is tried again. */
  readonly announced = new Promise<void>((resolve) => {
    this.tellAnnounced = resolve;
  });

  constructor(options: PipelinesPluginOptions) {
    const { algorithms, webhooks = {}, http = {}, announce = true, reconcile = true, blobs, stored } = options;
    checkAlgorithms(algorithms);
    // The activities are made before the worker that they belong to.
    const own: { worker?: Worker } = {};
    const isShuttingDown = (): boolean => own.worker !== undefined && own.worker.getState() !== 'RUNNING';
    const readInput = createReadInput(blobs);
    const namespaceId = createNamespaceId();
    const place = { namespaceId, ...(blobs !== undefined && { blobs: new JobBlobs(blobs) }) };
    const activities = {
      ...temporalActivities,
      ...storedActivities(stored, blobs),
      readInput: createReadInputActivity(readInput),
      keepOutcomes: createKeepOutcomes(place),
      writeResult: createWriteResult(blobs),
      sweepBlobs: createSweepBlobs(blobs, { namespaceId, isRetained }),
      runBlock: createRunBlock({
        algorithms,
        isShuttingDown,
        readInput,
        ...place,
        httpAlgorithm: createHttpAlgorithm({
          allow: http.allow ?? parseAllowList(undefined),
          connectTimeoutMs: http.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        }),
      }),
    };
    super({ name: 'temporal-pipelines.PipelinesPlugin', activities });
    this.own = own;
    this.algorithms = announce ? algorithms : undefined;
    this.reconcile = reconcile;
    this.sweeps = blobs !== undefined;
    this.concurrency = webhooks.concurrency ?? 500;
    const allow = webhooks.allow ?? parseAllowList(undefined);
    const { ca, endpoints, hostConcurrency } = webhooks;
    this.sender = createSender({
      secrets: webhooks.secrets ?? [],
      allow,
      connectTimeoutMs: webhooks.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      ...(ca !== undefined && { ca }),
      ...(hostConcurrency !== undefined && { hostConcurrency }),
      ...(endpoints !== undefined && { endpoints: toSource(endpoints, allow) }),
    });
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    this.workerOptions = options;
    warnOfPinning(options);
    const configured = withWorkerSettings(super.configureWorker(options));
    const hasWorkflows = configured.workflowsPath !== undefined || configured.workflowBundle !== undefined;
    return hasWorkflows ? configured : { ...configured, workflowsPath: workflowsPath() };
  }

  /**
   * Our code, and the SDK's with it, is loaded once and not anew for each workflow, which is much of what the start of one
   * costs. None of it keeps anything in a module: what a workflow knows is in its own scope.
   */
  override configureBundler(options: BundleOptions): BundleOptions {
    const configured = super.configureBundler(options);
    return {
      ...configured,
      preloadModules: [...(configured.preloadModules ?? []), workflowsPath()],
    };
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    this.own.worker = worker;
    const webhooks = await this.createWebhookWorker(worker);
    const sending = webhooks.run().catch((error: unknown) => {
      // Webhooks that nobody sends would only be noticed by their receivers: the whole worker ends instead.
      if (worker.getState() === 'RUNNING') worker.shutdown();
      throw error;
    });
    const kept = [this.keepAnnounced(worker), ...this.keepSchedules(worker)];
    try {
      await Promise.race([super.runWorker(worker, next), sending.then(() => new Promise<never>(() => undefined))]);
    } finally {
      for (const keeping of kept) keeping?.stop();
      if (webhooks.getState() === 'RUNNING') webhooks.shutdown();
      await sending;
      await this.sender.close();
    }
  }

  private keepAnnounced({ client }: Worker): Keeping | undefined {
    const taskQueue = this.workerOptions?.taskQueue;
    if (this.algorithms === undefined || client === undefined || taskQueue === undefined) {
      this.tellAnnounced();
      return undefined;
    }
    const announcement = announcementOf(taskQueue, this.algorithms);
    const keeping = keepDone(
      () => announce(client, announcement),
      (error) => {
        Runtime.instance().logger.warn('the algorithms of this worker can not be announced yet', { taskQueue, error });
      },
    );
    void keeping.first.then(this.tellAnnounced);
    return keeping;
  }

  /** The schedules that the queue's workers see to. */
  private keepSchedules({ client }: Worker): Keeping[] {
    const taskQueue = this.workerOptions?.taskQueue;
    if (!this.reconcile || client === undefined || taskQueue === undefined) return [];
    const keep = (ensure: typeof ensureReconciler, purpose: string): Keeping =>
      keepDone(
        () => ensure(client, taskQueue),
        (error) => {
          Runtime.instance().logger.warn(`there is no schedule yet by which ${purpose}`, { taskQueue, error });
        },
        SCHEDULE_RETRY_MS,
      );
    return [
      keep(ensureReconciler, 'receivers are told of jobs that were ended from outside'),
      ...(this.sweeps ? [keep(ensureBlobSweeper, 'the blobs of forgotten jobs are removed')] : []),
    ];
  }

  private async createWebhookWorker({ options }: Worker): Promise<Worker> {
    if (this.workerOptions === undefined) throw new Error('the plugin belongs to no worker yet');
    const { connection, namespace, taskQueue, identity, workerDeploymentOptions } = this.workerOptions;
    return Worker.create({
      ...(connection !== undefined && { connection }),
      ...(namespace !== undefined && { namespace }),
      ...(identity !== undefined && { identity }),
      ...(workerDeploymentOptions !== undefined && { workerDeploymentOptions }),
      taskQueue: `${taskQueue}-webhooks`,
      activities: { sendWebhook: createSendWebhook(this.sender) },
      // As the worker has them in the end, whatever plugins come after this one: tracing and encryption often are such.
      interceptors: { activity: options.interceptors.activity },
      ...(options.dataConverter !== undefined && { dataConverter: options.dataConverter }),
      maxConcurrentActivityTaskExecutions: this.concurrency,
      shutdownForceTime: '30s',
    });
  }
}

/** The module that Temporal bundles for its sandbox: source under a loader, compiled in the package. */
export function workflowsPath(): string {
  return require.resolve('../workflows');
}

/**
 * Our workflows declare no behaviour of their own: the server refuses every task of an unversioned worker that does. So
 * the worker's default is theirs.
 */
function warnOfPinning({ taskQueue, workerDeploymentOptions: versioning }: WorkerOptions): void {
  if (versioning?.defaultVersioningBehavior !== 'PINNED') return;
  const message =
    'the default behaviour PINNED keeps the registry of algorithms and dead deliveries with this build for as long as ' +
    'they are open: let AUTO_UPGRADE be the default, and set PINNED on workflows of your own';
  Runtime.instance().logger.warn(message, { taskQueue });
}

function announcementOf(taskQueue: string, algorithms: Algorithms): Announcement {
  const entries = Object.entries(algorithms).map(([name, algorithm]) => {
    const { concurrency, blockSize, short } = typeof algorithm === 'function' ? {} : algorithm;
    const announced = {
      ...(concurrency !== undefined && { concurrency }),
      ...(blockSize !== undefined && { blockSize }),
      ...(short === true && { short }),
    };
    return [name, announced] as const;
  });
  return { taskQueue, at: Date.now(), algorithms: Object.fromEntries(entries) };
}
