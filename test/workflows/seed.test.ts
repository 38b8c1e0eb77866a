import { expect } from 'chai';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { useReceiver, useWorker } from '../support/suite';

describe('the seed pipeline', () => {
  const suite = useWorker({ algorithms: exampleAlgorithms });
  const listen = useReceiver();

  it('sends pending, active, completed and the result', async () => {
    const receiver = await listen();
    const { jobId } = await suite.start(seedPipeline(receiver.webhooks));
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
