/** What the tests of one `describe` share. Each function is called in its body, and cleans up by itself. */
import type { Client } from '@temporalio/client';
import { after, afterEach, before } from 'mocha';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import type { JobSettings } from '../../src/domain/settings';
import { Receiver, type Answer } from './receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from './temporal';
import { startWorker, type TestWorker, type TestWorkerOptions } from './worker';

export interface Suite {
  readonly temporal: TestTemporal;
  /** Temporal's own, for what the product's client does not do. */
  readonly client: Client;
  readonly worker: TestWorker;
  /** Starts a job for the worker, with settings of its own. */
  start(document: Pipeline, settings?: Partial<JobSettings>): Promise<JobHandle>;
  /** Ends the worker and starts another on the same task queue, or on one of its own. */
  restartWorker(options?: Partial<TestWorkerOptions>): Promise<TestWorker>;
}

/** One worker, started before the first test and stopped after the last. Its parts are there once the tests run. */
export function useWorker(options: TestWorkerOptions): Suite {
  let started: { temporal: TestTemporal; worker: TestWorker } | undefined;
  const parts = (): { temporal: TestTemporal; worker: TestWorker } => {
    if (started === undefined) throw new Error('the worker is there only while tests run');
    return started;
  };
  before('start a worker', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const temporal = await sharedTemporal();
    started = { temporal, worker: await startWorker(temporal, options) };
  });
  after('stop the worker', async function () {
    this.timeout(30_000);
    await started?.worker.stop();
  });
  return {
    get temporal() {
      return parts().temporal;
    },
    get client() {
      return parts().temporal.client;
    },
    get worker() {
      return parts().worker;
    },
    start(document, settings = options.settings ?? {}) {
      const { temporal, worker } = parts();
      return new PipelineClient(temporal.client, { taskQueue: worker.taskQueue, settings }).start(document);
    },
    async restartWorker(other = {}) {
      const { temporal, worker } = parts();
      await worker.stop();
      const next = await startWorker(temporal, { taskQueue: worker.taskQueue, ...options, ...other });
      started = { temporal, worker: next };
      return next;
    },
  };
}

/** @returns starts a receiver that is closed after the test */
export function useReceiver(): (answer?: Answer) => Promise<Receiver> {
  const open: Receiver[] = [];
  afterEach('close the receivers', async () => {
    await Promise.all(open.splice(0).map((receiver) => receiver.close()));
  });
  return async (answer) => {
    const receiver = await Receiver.start(answer);
    open.push(receiver);
    return receiver;
  };
}
