import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { lookOnce } from '../support/reconciler';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { untilListed } from '../support/visibility';
import { startWorker } from '../support/worker';

const JOBS = 10_000;
/** Every so manieth has a result webhook. */
const TOLD = 50;
const AT_ONCE = 20;

describe('ten thousand jobs that were terminated', function () {
  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });
  const listen = useReceiver();

  it('are looked at once, after which a look costs next to nothing', async () => {
    const temporal = await sharedTemporal();
    const to = await listen();
    const taskQueue = `test-${randomUUID()}`;
    const end = async (index: number): Promise<void> => {
      const webhooks = index % TOLD === 0 ? { result: `${to.url}/result` } : {};
      const nodes = [{ nodeName: 'one', algorithmName: 'any', input: [index] }];
      const workflowId = `many:${randomUUID()}`;
      const args = [{ name: 'many', nodes, webhooks }];
      const handle = await temporal.client.workflow.start('runPipeline', { taskQueue, workflowId, args });
      await handle.terminate();
    };
    let next = 0;
    const endSome = async (): Promise<void> => {
      while (next < JOBS) await end(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, endSome));
    const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Terminated'`;
    await untilListed(temporal.client, JOBS, query);

    const worker = await startWorker(temporal, { algorithms: {}, taskQueue });
    try {
      const state = await lookOnce(temporal.client, taskQueue);
      await to.until(({ results }) => results.length === JOBS / TOLD);
      const began = Date.now();
      await lookOnce(temporal.client, taskQueue, state);
      expect(Date.now() - began).to.be.below(3_000);
      expect(new Set(to.arrived.map(({ headers }) => headers['webhook-id']))).to.have.property('size', JOBS / TOLD);
      expect(to.arrived).to.have.length(JOBS / TOLD);
    } finally {
      await worker.stop();
    }
  });
});
