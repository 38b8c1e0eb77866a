/** What the tests of one `describe` share. Each function is called in its body, and cleans up by itself. */
import type { Client } from '@temporalio/client';
import { after, afterEach, before } from 'mocha';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import type { JobSettings } from '../../src/domain/settings';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { Delivery } from './deliveries';
import { Receiver, type Answer } from './receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from './temporal';
import { clientOptions, startWorker, type TestWorker, type TestWorkerOptions } from './worker';

export interface Suite {
  readonly temporal: TestTemporal;
  /** Temporal's own, for what the product's client does not do. */
  readonly client: Client;
  readonly worker: TestWorker;
  /** Starts a job for the worker, with settings of its own. */
  start(document: Pipeline, settings?: Partial<JobSettings>): Promise<JobHandle>;
  /** Ends the worker and starts another on the same task queue, or on one of its own. */
  restartWorker(options?: Partial<TestWorkerOptions>): Promise<TestWorker>;
  /** Waits until a job with a result webhook is over, and nothing is left to be sent to that URL. */
  settle(job: JobHandle): Promise<void>;
  /** What `temporal workflow …` prints; rejects with the words of its error. */
  command(...args: readonly string[]): Promise<string>;
}

interface Parts {
  readonly temporal: TestTemporal;
  readonly options: TestWorkerOptions;
  readonly worker: TestWorker;
}

/**
 * One worker, started before the first test and stopped after the last. Its parts are there once the tests run.
 *
 * @param given the options, or what loads them
 * @param server where it works
 */
export function useWorker(
  given: TestWorkerOptions | (() => Promise<TestWorkerOptions>),
  server: () => Promise<TestTemporal> = sharedTemporal,
): Suite {
  let started: Parts | undefined;
  const parts = (): Parts => {
    if (started === undefined) throw new Error('the worker is there only while tests run');
    return started;
  };
  before('start a worker', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const temporal = await server();
    const options = typeof given === 'function' ? await given() : given;
    started = { temporal, options, worker: await startWorker(temporal, options) };
  });
  after('stop the worker', async function () {
    this.timeout(50_000);
    await started?.worker.stop();
    await started?.temporal.stop?.();
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
    start(document, settings) {
      const { temporal, worker, options } = parts();
      const given = { ...options, settings: settings ?? options.settings ?? {} };
      return new PipelineClient(temporal.client, clientOptions(worker.taskQueue, given)).start(document);
    },
    async restartWorker(other = {}) {
      const { temporal, worker, options } = parts();
      await worker.stop();
      const next = await startWorker(temporal, { taskQueue: worker.taskQueue, ...options, ...other });
      started = { temporal, options, worker: next };
      return next;
    },
    async settle(job) {
      await job.result();
      // On a URL that progress shares it holds until what goes before it has ended.
      await new Delivery(parts().temporal.client, job.jobId, 'result').ended();
    },
    command: (...args) => runTemporal(['workflow', ...args, '--address', parts().temporal.address]),
  };
}

async function runTemporal(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(await findTemporalCli(), args)).stdout.trim();
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(/msg="(.*)"/.exec(stderr)?.[1] ?? stderr, { cause: error });
  }
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
