import { setFlagsFromString } from 'node:v8';
import { Runtime } from '@temporalio/worker';
import { loadAlgorithms } from '../../algorithms';
import type { BlobStore } from '../../blobs/blobs';
import { openBlobs } from '../../blobs/open-blobs';
import type { Config } from '../../config';
import { createLogger, temporalLogger, type Logger } from '../../logger';
import { temporalTarget } from '../../temporal/connection';
import { createPipelineWorker, type PipelineWorker } from '../../worker';
import { builtBundle } from '../../workflow-bundle';
import { reportReady, runAsChild } from '../child';
import { clientOptions } from '../client-options';
import { storedEndpoints } from '../endpoints';
import { lazyStore, type LazyStore } from '../lazy-store';
import { storedPipelines } from '../stored-pipelines';

/** `temporal-pipelines worker`: runs until it is asked to stop, then lets what is in hand finish. */
export async function worker(config: Config): Promise<void> {
  // The signals are ours: Temporal's own handlers would shut the worker down a second time.
  const log = createLogger(config.logLevel, 'worker');
  keepHeapSmall();
  installRuntime(config, log);
  const store = lazyStore(config, log);
  const blobs = await openBlobs(config);
  const starting = create(config, { store, blobs, log }).then((created) => ({
    created,
    ended: created.run().finally(async () => {
      await store.close();
      await blobs.close();
    }),
  }));
  // Before the worker is there, as bundling the workflows takes a while.
  runAsChild(async () => {
    const { created, ended } = await starting;
    created.shutdown();
    await ended;
  });
  // A promise that an algorithm did not wait for is that algorithm's bug: it must not cost all jobs their worker.
  process.on('unhandledRejection', (reason) => {
    log.error({ err: reason }, 'a promise was rejected and nobody handled it');
  });
  const { created, ended } = await starting;
  // Whoever is told that it is ready may send a job for its algorithms at once.
  await Promise.race([created.announced, ended]);
  reportReady();
  await ended;
}

/**
 * By itself V8 lets the heap grow to four times what lives in it before it collects, with a limit that follows the memory
 * of the machine: a hundred outputs of a megabyte in hand are half a gigabyte so. Half as much again costs a worker little.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}

/** @throws an Error that names the setting, where somebody else has the address of the metrics */
function installRuntime({ metricsAddress }: Config, log: Logger): void {
  const logger = temporalLogger(log);
  if (metricsAddress === undefined) {
    Runtime.install({ logger, shutdownSignals: [] });
    return;
  }
  const telemetryOptions = { metrics: { prometheus: { bindAddress: metricsAddress } } };
  try {
    Runtime.install({ logger, shutdownSignals: [], telemetryOptions });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`METRICS_ADDRESS ${metricsAddress}: ${reason}`, { cause: error });
  }
}

interface Parts {
  readonly store: LazyStore;
  readonly blobs: BlobStore;
  readonly log: Logger;
}

async function create(config: Config, { store, blobs, log }: Parts): Promise<PipelineWorker> {
  const codePath = config.workflowBundle ?? builtBundle();
  return await createPipelineWorker({
    ...(codePath !== undefined && { workflowBundle: { codePath } }),
    algorithms: await loadAlgorithms(config.algorithms),
    taskQueue: config.taskQueue,
    target: temporalTarget(),
    ...(config.deploymentVersion !== undefined && { deploymentVersion: config.deploymentVersion }),
    webhooks: {
      secrets: config.webhookSecrets,
      allow: config.webhookAllow,
      connectTimeoutMs: config.webhookConnectTimeout,
      hostConcurrency: config.webhookHostConcurrency,
      ca: config.webhookCa,
      endpoints: storedEndpoints(store, config.secretKeys, log),
    },
    blobs,
    stored: storedPipelines(store, clientOptions(config, blobs)),
    http: { allow: config.algorithmAllow, connectTimeoutMs: config.webhookConnectTimeout },
  });
}
