import { expect } from 'chai';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { Receiver } from '../support/receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';

describe('the seed pipeline', () => {
  let worker: TestWorker;
  let receiver: Receiver;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    worker = await startWorker(await sharedTemporal(), { algorithms: exampleAlgorithms });
    receiver = await Receiver.start();
  });

  after(async () => {
    await worker.stop();
    await receiver.close();
  });

  it('sends pending, active, completed and the result', async () => {
    const pipeline = seedPipeline({ progress: `${receiver.url}/progress`, result: `${receiver.url}/result` });
    const { jobId } = await worker.client.start(pipeline);
    await receiver.until(({ progress, results }) => progress.length === 3 && results.length === 1);
    expect(receiver.progress.map(({ status }) => status)).to.deep.equal(['pending', 'active', 'completed']);
    const { timestamp, ...rest } = receiver.results[0] ?? { timestamp: '' };
    expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).to.deep.equal({
      jobId,
      pipeline: 'batch',
      status: 'completed',
      data: [1, 2, 3].map((item) => ({
        nodeName: 'green',
        batchID: `green#${String(item)}`,
        algorithmName: 'green-alg',
        result: item * 10,
      })),
    });
  });
});
