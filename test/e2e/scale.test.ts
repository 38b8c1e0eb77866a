import { expect } from 'chai';
import { useMeasuredWorker } from '../support/measured-worker';
import { runChained, runMegabytes } from '../support/scale-jobs';

// What `npm run soak` does at full size (test/soak/scale.test.ts).

const MB = 1_000_000;
const MOST = 600 * MB;

describe('a job that is large', function () {
  this.timeout(120_000);
  const worker = useMeasuredWorker();

  it('by 50,000 items in each of three batches, one over the other, has every item in its place', async () => {
    await runChained(worker, 50_000);
  });

  it('by a thousand results of a megabyte has them in files, and its worker is not', async () => {
    await runMegabytes(worker, 1_000);
    const peak = await worker.peak();
    expect(peak, `${String(Math.round(peak / MB))} MB`).to.be.at.most(MOST);
  });
});
