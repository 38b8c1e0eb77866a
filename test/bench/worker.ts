/** A worker of one side, in a process of its own, so that its CPU and memory are its own. */
import { Context } from '@temporalio/activity';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBlobs } from '../../src/blobs/open-blobs';
import { reportReady, runAsChild } from '../../src/cli/child';
import { isLimited } from '../../src/domain/limited';
import { createLogger, temporalLogger } from '../../src/logger';
import { parseAllowList } from '../../src/webhooks/guard';
import { createSender } from '../../src/webhooks/send';
import { createPipelineWorker, type PipelineWorker } from '../../src/worker';
import { WORKER_SETTINGS } from '../../src/worker-settings';
import { slowTimesTen, timesTen, type Timing } from './algorithms';
import type { BareActivities, Post } from './bare-workflows';

/** The argument, as JSON. */
export interface BenchWorkerOptions {
  readonly side: 'ours' | 'bare';
  readonly address: string;
  readonly taskQueue: string;
  readonly slots: number;
  /** The path of the bundled workflows. */
  readonly bundle: string;
  /** Where ours keeps what is large. */
  readonly dataDir: string;
}

const THIS_MACHINE = parseAllowList('127.0.0.0/8');
const CONNECT_TIMEOUT_MS = 5_000;
const ATTEMPT_TIMEOUT_MS = 15_000;

async function createOurs(options: BenchWorkerOptions): Promise<PipelineWorker> {
  const { address, taskQueue, slots, bundle, dataDir } = options;
  return createPipelineWorker({
    blobs: await openBlobs({ dataDir }),
    algorithms: {
      'times-ten': ({ input }) => timesTen(input[0] as number),
      'short-times-ten': { run: ({ input }) => timesTen(input[0] as number), short: true },
      'slow-times-ten': ({ input }) => slowTimesTen(input[0] as number, input[1] as unknown as Timing),
    },
    target: { namespace: 'default', connectionOptions: { address } },
    taskQueue,
    slots,
    workflowBundle: { codePath: bundle },
    webhooks: { allow: THIS_MACHINE, connectTimeoutMs: CONNECT_TIMEOUT_MS },
  });
}

/** With the settings of `createPipelineWorker`, which has no place for other activities. */
async function createBare(options: BenchWorkerOptions): Promise<PipelineWorker> {
  const connection = await NativeConnection.connect({ address: options.address });
  const worker = await Worker.create({
    connection,
    taskQueue: options.taskQueue,
    workflowBundle: { codePath: options.bundle },
    activities: createActivities(),
    maxConcurrentActivityTaskExecutions: options.slots,
    ...WORKER_SETTINGS,
  });
  return {
    announced: Promise.resolve(),
    run: () => worker.run().finally(() => connection.close()),
    shutdown() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

function createActivities(): BareActivities {
  const sender = createSender({ secrets: [], allow: THIS_MACHINE, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  return {
    timesTen,
    slowTimesTen,
    async timesTenOfMany(first, count) {
      const results: number[] = [];
      for (let value = first; value < first + count; value++) results.push(await timesTen(value));
      return results;
    },
    async postWebhook({ url, kind, sequence, body }: Post) {
      const { attempt, workflowExecution } = Context.current().info;
      const webhookId = `msg_${workflowExecution?.workflowId ?? ''}-${String(sequence)}`;
      const request = { url, kind, webhookId, sequence, attempt, body, deadlineMs: ATTEMPT_TIMEOUT_MS };
      for (;;) {
        const outcome = await sender.send(request);
        if (!isLimited(outcome)) {
          if (outcome.error !== undefined) throw new Error(`not delivered: ${outcome.error}`);
          return;
        }
        await sleep(outcome.limitedMs);
      }
    },
  };
}

async function serve(options: BenchWorkerOptions): Promise<void> {
  Runtime.install({ logger: temporalLogger(createLogger('error', options.side)), shutdownSignals: [] });
  const worker = await (options.side === 'ours' ? createOurs(options) : createBare(options));
  const ended = worker.run();
  runAsChild(async () => {
    worker.shutdown();
    await ended;
  });
  await Promise.race([worker.announced, ended]);
  reportReady();
  await ended;
}

void serve(JSON.parse(process.argv[2] ?? '') as BenchWorkerOptions);
