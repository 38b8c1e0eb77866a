import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBlobs } from '../../blobs/open-blobs';
import { PipelineClient } from '../../client';
import { urlOf, type Config } from '../../config';
import type { Readiness } from '../../http/routes/health';
import { createResultUrls } from '../../http/result-urls';
import { startFacade, type Facade } from '../../http/server';
import { createLogger } from '../../logger';
import { openStore } from '../../store/open-store';
import { resealAll } from '../../store/endpoints';
import { createSealer } from '../../store/seal';
import type { Store } from '../../store/store';
import { connect } from '../../temporal/connection';
import { isServed } from '../../temporal/pollers';
import { createRegistryReader } from '../../temporal/registry';
import { resolveAlgorithms } from '../../temporal/resolve-algorithms';
import { reportReady, runAsChild } from '../child';
import { version } from '../version';

/** `temporal-pipelines serve`: answers requests until it is asked to stop, then lets open ones finish. */
export async function serve(config: Config): Promise<void> {
  const starting = listen(config);
  runAsChild(async () => {
    await (await starting).close();
  });
  reportReady({ url: urlOf(config.host, (await starting).port) });
}

async function listen(config: Config): Promise<Facade> {
  const log = createLogger(config.logLevel, 'facade');
  const client = await connect();
  const blobs = await openBlobs(config);
  const resultUrls = createResultUrls(config.publicUrl, config.secretKeys);
  const pipelines = new PipelineClient(client, {
    taskQueue: config.taskQueue,
    settings: {
      progressIntervalMs: config.webhookProgressInterval,
      progressTimeoutMs: config.webhookProgressTimeout,
      attemptTimeoutMs: config.webhookAttemptTimeout,
      retryScheduleMs: config.webhookRetrySchedule,
      deliveryRetentionMs: config.deliveryRetention,
      algorithmWaitMs: config.algorithmWait,
      maxBatch: config.maxBatch,
      inlineLimit: config.webhookInlineLimit,
    },
    dataUrl: (jobId) => resultUrls.templateFor(jobId),
    blobs,
  });
  const missing = await pipelines.missingSearchAttributes();
  if (missing.length > 0) log.warn({ missing }, 'search attributes are missing: jobs run, but cannot be searched for');
  const store = await openStore({
    dataDir: config.dataDir,
    ...(config.databaseUrl !== undefined && { databaseUrl: config.databaseUrl }),
    log,
  });
  const sealer = createSealer(config.secretKeys);
  const unreadable = await resealAll(store.endpoints, sealer);
  if (unreadable.length > 0)
    log.warn({ unreadable }, 'SECRET_KEY lacks the key of these endpoints: nothing is sent there');
  const { taskQueue } = config;
  const sources = { registry: createRegistryReader(client, taskQueue), stored: store.algorithms, taskQueue };
  const facade = await startFacade(config.host, config.port, {
    pipelines,
    store,
    resolve: async (pipeline) => ({ homes: await resolveAlgorithms(pipeline, sources) }),
    hosts: [config.host, new URL(config.publicUrl).hostname],
    allow: config.webhookAllow,
    algorithmAllow: config.algorithmAllow,
    sealer,
    corsOrigins: config.corsOrigin,
    ...(config.rateLimit !== undefined && { rateLimit: config.rateLimit }),
    ...(config.apiToken !== undefined && { apiToken: config.apiToken }),
    resultUrls,
    maxPipelineBytes: MAX_PIPELINE_BYTES,
    about: {
      version: version(),
      clusterName: client.options.namespace,
      storage: config.blobUrl === undefined ? 'fs' : 's3',
    },
    readiness: () => readiness(client, store, taskQueue),
    log,
  });
  log.info({ port: facade.port }, 'listening');
  return {
    port: facade.port,
    close: async () => {
      await facade.close();
      await store.close();
      await blobs.close();
      await client.connection.close();
    },
  };
}

/** What a worker keeps of blobs that it has read is a little more. */
const MAX_PIPELINE_BYTES = 60_000_000;

const READY_WITHIN = 2_000;

async function readiness(client: Client, store: Store, taskQueue: string): Promise<Readiness> {
  const [served, database] = await Promise.all([
    client.connection
      .withDeadline(Date.now() + READY_WITHIN, () => isServed(client, taskQueue, 'workflow'))
      .catch(() => undefined),
    Promise.race([
      store.ping().then(
        () => true,
        () => false,
      ),
      sleep(READY_WITHIN, false, { ref: false }),
    ]),
  ]);
  return { temporal: served !== undefined, worker: served ?? false, database };
}
