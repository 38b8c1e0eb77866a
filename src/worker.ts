/** The worker process: an ordinary Temporal Worker with our plugin. */
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { Algorithms } from '../activities';
import { PipelinesPlugin, type PipelinesPluginOptions } from './plugin';
import type { TemporalTarget } from './temporal/connection';

export interface PipelineWorkerOptions extends PipelinesPluginOptions {
  readonly algorithms: Algorithms;
  readonly taskQueue: string;
  readonly target: TemporalTarget;
  /** Blocks that run at a time. @default 100 */
  readonly slots?: number;
  /** Made ahead of time by `bundleWorkflowCode` of the workflows. @default made at the start, which takes seconds */
  readonly workflowBundle?: WorkerOptions['workflowBundle'];
  /** Turns worker versioning on: the version of a Worker Deployment that this worker is. @default off */
  readonly deploymentVersion?: WorkerDeploymentVersion;
  /** Workflows kept in memory between their tasks. @default the SDK's */
  readonly maxCachedWorkflows?: number;
}

export interface PipelineWorker {
  /** Serves until it is shut down, and closes the connection. */
  run(): Promise<void>;
  /** Settled once it runs and has announced its algorithms, or could not, which is tried again. */
  readonly announced: Promise<void>;
  /** Begins a graceful shutdown: nothing new is taken, what runs has ten seconds. */
  shutdown(): void;
}

export async function createPipelineWorker(options: PipelineWorkerOptions): Promise<PipelineWorker> {
  const connection = await NativeConnection.connect(options.target.connectionOptions);
  const plugin = new PipelinesPlugin(options);
  const worker = await Worker.create({
    connection,
    namespace: options.target.namespace,
    taskQueue: options.taskQueue,
    plugins: [plugin],
    maxConcurrentActivityTaskExecutions: options.slots ?? 100,
    ...(options.workflowBundle !== undefined && { workflowBundle: options.workflowBundle }),
    ...(options.maxCachedWorkflows !== undefined && { maxCachedWorkflows: options.maxCachedWorkflows }),
    ...(options.deploymentVersion !== undefined && {
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: options.deploymentVersion,
        // Every version replays the histories of those before it.
        defaultVersioningBehavior: 'AUTO_UPGRADE',
      },
    }),
  });
  return {
    announced: plugin.announced,
    async run() {
      try {
        await worker.run();
      } finally {
        await connection.close();
      }
    },
    shutdown() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
