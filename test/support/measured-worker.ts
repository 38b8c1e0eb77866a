/** A worker in a process of its own whose metrics can be read at `METRICS`: telemetry is set once in a process. */
import { Runtime } from '@temporalio/worker';
import { createLogger, temporalLogger } from '../../src/logger';
import { parseAllowList } from '../../src/webhooks/guard';
import { createPipelineWorker } from '../../src/worker';

const { METRICS: bindAddress = '', TEMPORAL_ADDRESS: address = '', TASK_QUEUE: taskQueue = '' } = process.env;

Runtime.install({
  logger: temporalLogger(createLogger('warn', 'worker')),
  telemetryOptions: { metrics: { prometheus: { bindAddress } } },
  shutdownSignals: [],
});

void createPipelineWorker({
  algorithms: { echo: ({ input }) => input[0] },
  taskQueue,
  target: { namespace: 'default', connectionOptions: { address } },
  webhooks: { allow: parseAllowList('127.0.0.0/8') },
}).then(async (worker) => {
  process.once('SIGTERM', () => {
    worker.shutdown();
  });
  await worker.run();
});
