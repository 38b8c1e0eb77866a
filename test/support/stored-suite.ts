/** A worker and a facade that share a database and blobs, as those of `npm start` do. */
import { after, before } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { openBlobs } from '../../src/blobs/open-blobs';
import { storedPipelines } from '../../src/cli/stored-pipelines';
import { PipelineClient } from '../../src/client';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { CronSchedules, cronSource } from '../../src/temporal/cron-schedules';
import { keepSchedules, type KeptSchedules } from '../../src/temporal/kept-schedules';
import { startTestFacade, type TestFacade } from './facade';
import { useWorker, type Suite } from './suite';

export interface StoredSuite extends Suite {
  readonly facade: TestFacade;
  readonly store: Store;
  /** Starts jobs as the facade does. */
  readonly pipelines: PipelineClient;
  /** What could not be done with schedules. */
  readonly failures: readonly unknown[];
}

interface Parts {
  readonly facade: TestFacade;
  readonly pipelines: PipelineClient;
  readonly kept: KeptSchedules;
}

/** See `useWorker`. The database can be made to fail by `break`. */
export function useStoredSuite(algorithms: Algorithms): StoredSuite & { isBroken: boolean } {
  let dataDir = '';
  let store: Store | undefined;
  let parts: Parts | undefined;
  const failures: unknown[] = [];
  const state = { isBroken: false };
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the suite is there only while tests run');
    return part;
  };
  let blobs: Awaited<ReturnType<typeof openBlobs>> | undefined;
  const suite = useWorker(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pipelines-stored-'));
    blobs = await openBlobs({ dataDir });
    store = await openStore({ dataDir, pipelineChanged: (name) => there(parts).kept.changed(name) });
    const open = (): Promise<Store | undefined> =>
      state.isBroken ? Promise.reject(new Error('the database is away')) : Promise.resolve(store);
    return { algorithms, blobs, stored: storedPipelines({ open }, {}) };
  });
  before('start a facade', async () => {
    const { client } = suite.temporal;
    const { taskQueue } = suite.worker;
    const pipelines = new PipelineClient(client, {
      taskQueue,
      settings: { triggeredBy: [] },
      ...(blobs !== undefined && { blobs }),
    });
    const schedules = new CronSchedules(client, taskQueue, cronSource(there(store)));
    const kept = keepSchedules(schedules, (error) => failures.push(error));
    const options = { store: there(store), pipelines };
    parts = {
      pipelines,
      kept,
      facade: await startTestFacade(suite.temporal, taskQueue, Object.keys(algorithms), options),
    };
  });
  after('close the facade', async () => {
    parts?.kept.stop();
    await parts?.facade.close();
    await store?.close();
    await blobs?.close();
    await rm(dataDir, { recursive: true });
  });
  return {
    get temporal() {
      return suite.temporal;
    },
    get client() {
      return suite.client;
    },
    get worker() {
      return suite.worker;
    },
    start: (document, settings) => suite.start(document, settings),
    restartWorker: (options) => suite.restartWorker(options),
    settle: (job) => suite.settle(job),
    command: (...args) => suite.command(...args),
    get facade() {
      return there(parts).facade;
    },
    get store() {
      return there(store);
    },
    get pipelines() {
      return there(parts).pipelines;
    },
    failures,
    get isBroken() {
      return state.isBroken;
    },
    set isBroken(broken) {
      state.isBroken = broken;
    },
  };
}
