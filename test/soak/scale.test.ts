import { expect } from 'chai';
import { useMeasuredWorker } from '../support/measured-worker';
import { runChained, runMegabytes } from '../support/scale-jobs';

// Jobs that are large: every item once, in its place, and a worker of at most 600 MB.

const MB = 1_000_000;
const MOST_MB = 600;

for (const [what, run, count] of [
  ['three batches of half a million items, one over the other', runChained, 500_000],
  ['ten thousand results of a megabyte', runMegabytes, 10_000],
] as const) {
  describe(`a job of ${what}`, function () {
    this.timeout(900_000);
    const worker = useMeasuredWorker();

    it('has every item in its place, and a worker that stays small', async () => {
      const startedAt = performance.now();
      await run(worker, count);
      const peak = Math.round((await worker.peak()) / MB);
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      process.stdout.write(`      ${String(seconds)} s with the check, worker ${String(peak)} MB\n`);
      expect(peak, 'MB').to.be.at.most(MOST_MB);
    });
  });
}
