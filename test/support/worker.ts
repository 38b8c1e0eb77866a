/** A real worker in the test's own process. */
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { BlobStore } from '../../src/blobs/blobs';
import { PipelineClient, type PipelineClientOptions } from '../../src/client';
import type { JobSettings } from '../../src/domain/settings';
import type { PipelinesPluginOptions } from '../../src/plugin';
import { parseAllowList } from '../../src/webhooks/guard';
import { parseSecrets } from '../../src/webhooks/sign';
import { createPipelineWorker } from '../../src/worker';
import { registryId } from '../../workflows/messages';
import { SHARED } from './shared';
import { quietRuntime } from './runtime';
import type { TestTemporal } from './temporal';

export const SECRET = `whsec_${Buffer.from('a secret for the tests only').toString('base64')}`;

const THIS_MACHINE = '127.0.0.0/8,::1';

export interface TestWorker {
  readonly taskQueue: string;
  readonly client: PipelineClient;
  stop(): Promise<void>;
}

export interface TestWorkerOptions {
  readonly algorithms: Algorithms;
  readonly settings?: Partial<JobSettings>;
  readonly taskQueue?: string;
  /** Blocks that run at a time. */
  readonly slots?: number;
  /** Besides the secret of the tests, and this machine. */
  readonly webhooks?: PipelinesPluginOptions['webhooks'];
  /** Where large values go. Default: nowhere. */
  readonly blobs?: BlobStore;
  /** What is stored for all. Default: nothing. */
  readonly stored?: PipelinesPluginOptions['stored'];
  /** Whether there is a schedule for jobs that were ended from outside. Default: tests that need it look by themselves. */
  readonly reconcile?: boolean;
}

/** `MAX_CACHED_WORKFLOWS=0` makes every workflow task replay its history from the start. */
export async function startWorker(temporal: TestTemporal, options: TestWorkerOptions): Promise<TestWorker> {
  quietRuntime();
  const taskQueue = options.taskQueue ?? `test-${randomUUID()}`;
  const bundle = process.env[SHARED.bundle];
  const cached = process.env['MAX_CACHED_WORKFLOWS'];
  const worker = await createPipelineWorker({
    algorithms: options.algorithms,
    taskQueue,
    target: { namespace: temporal.client.options.namespace, connectionOptions: { address: temporal.address } },
    webhooks: { secrets: parseSecrets(SECRET), allow: parseAllowList(THIS_MACHINE), ...options.webhooks },
    reconcile: options.reconcile ?? false,
    http: { allow: parseAllowList(THIS_MACHINE) },
    ...(options.blobs !== undefined && { blobs: options.blobs }),
    ...(options.stored !== undefined && { stored: options.stored }),
    ...(options.slots !== undefined && { slots: options.slots }),
    ...(bundle !== undefined && { workflowBundle: { codePath: bundle } }),
    ...(cached !== undefined && { maxCachedWorkflows: Number(cached) }),
  });
  const running = worker.run();
  await Promise.race([worker.announced, running]);
  return {
    taskQueue,
    client: new PipelineClient(temporal.client, clientOptions(taskQueue, options)),
    async stop() {
      worker.shutdown();
      await running;
      // Whoever looks for algorithms reads the registries of all queues: a test's own is nobody's afterwards.
      if (options.taskQueue === undefined) {
        await temporal.client.workflow
          .getHandle(registryId(taskQueue))
          .terminate('the test is over')
          .catch(() => undefined);
      }
    },
  };
}

/** What a client needs to start jobs for a worker, and to read what it has written. */
export function clientOptions(
  taskQueue: string,
  { settings, blobs }: Pick<TestWorkerOptions, 'settings' | 'blobs'>,
): PipelineClientOptions {
  return { taskQueue, ...(settings && { settings }), ...(blobs && { blobs }) };
}
