import { expect } from 'chai';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';

describe('an error of an algorithm', () => {
  let worker: TestWorker;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    worker = await startWorker(await sharedTemporal(), {
      algorithms: {
        'half-alg': () => {
          throw new Error('a\u0000b\ud800 ☃');
        },
        'long-alg': () => {
          throw new Error('x'.repeat(1_000_000));
        },
        'rude-alg': () => {
          const thrown: unknown = rude;
          throw thrown;
        },
      },
    });
  });

  after(() => worker.stop());

  it('may hold half of a character', async () => {
    const handle = await worker.client.start(job('half-alg', 1));
    expect((await handle.result()).error).to.equal('a\u0000b\ufffd ☃');
  });

  it('is cut where it is long, however many there are', async () => {
    const handle = await worker.client.start({ ...job('long-alg', '#[1...100]'), options: { batchTolerance: 100 } });
    const { status, failures = [] } = await handle.result();
    expect(status).to.equal('failed');
    expect(failures.map(({ error }) => error)).to.deep.equal(Array(10).fill(`${'x'.repeat(4_000)}…`));
  });

  it('may be one that can not even be shown', async () => {
    const handle = await worker.client.start(job('rude-alg', 1));
    expect((await handle.result()).error).to.equal('an error that can not be shown');
  });
});

const rude = {
  toString(): string {
    throw new Error('no');
  },
};

function job(algorithmName: string, input: number | string): Parameters<TestWorker['client']['start']>[0] {
  return { name: 'errors', nodes: [{ nodeName: 'green', algorithmName, input: [input] }] };
}
