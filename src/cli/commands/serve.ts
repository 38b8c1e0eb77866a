import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { MAX_STORED_BYTES } from '../../blobs/flow-input';
import { openBlobs } from '../../blobs/open-blobs';
import { PipelineClient } from '../../client';
import { urlOf, type Config } from '../../config';
import type { Readiness } from '../../http/routes/health';
import { startFacade, type Facade } from '../../http/server';
import { createLogger } from '../../logger';
import { messageOf } from '../../store/log';
import { openStore } from '../../store/open-store';
import { resealAll } from '../../store/endpoints';
import { createSealer } from '../../store/seal';
import type { Store } from '../../store/store';
import { connect } from '../../temporal/connection';
import { CronSchedules, cronSource } from '../../temporal/cron-schedules';
import { keepSchedules } from '../../temporal/kept-schedules';
import { isServed } from '../../temporal/pollers';
import { createRegistryReader } from '../../temporal/registry';
import { resolveAlgorithms } from '../../temporal/resolve-algorithms';
import { reportReady, runAsChild } from '../child';
import { clientOptions } from '../client-options';
import { version } from '../version';

/** `temporal-pipelines serve`: answers requests until it is asked to stop, then lets open ones finish. */
export async function serve(config: Config): Promise<void> {
  collectAlone();
  const starting = listen(config);
  runAsChild(async () => {
    await (await starting).close();
  });
  reportReady({ url: urlOf(config.host, (await starting).port) });
}

/**
 * By itself V8 has helper threads take part whenever young garbage is collected. On a machine whose processors are busy,
 * as with Temporal beside it, waking them costs more than they do: without them a start costs a facade a sixth less.
 */
function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

async function listen(config: Config): Promise<Facade> {
  const log = createLogger(config.logLevel, 'facade');
  const client = await connect();
  const blobs = await openBlobs(config);
  const { resultUrls, ...options } = clientOptions(config, blobs);
  const pipelines = new PipelineClient(client, options);
  const missing = await pipelines.missingSearchAttributes();
  if (missing.length > 0) log.warn({ missing }, 'search attributes are missing: jobs run, but cannot be searched for');
  const store = await openStore({
    dataDir: config.dataDir,
    ...(config.databaseUrl !== undefined && { databaseUrl: config.databaseUrl }),
    log,
    // Both are there before anybody can store one.
    pipelineChanged: (name) => kept.changed(name),
  });
  const kept = keepSchedules(new CronSchedules(client, config.taskQueue, cronSource(store)), (error) => {
    log.warn({ reason: messageOf(error) }, 'a schedule of a stored pipeline is not as it should be yet');
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
    maxPipelineBytes: MAX_STORED_BYTES,
    dialect: config.pipelinesDialect,
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
      kept.stop();
      await store.close();
      await blobs.close();
      await client.connection.close();
    },
  };
}

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
