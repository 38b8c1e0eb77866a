import { pageThrough, runManyJobs } from '../support/ended-jobs';
import { useFacade } from '../support/facade';
import { useWorker } from '../support/suite';

const JOBS = 10_000;

describe('ten thousand jobs that have ended', function () {
  this.timeout(1_800_000);
  const suite = useWorker({ algorithms: { 'green-alg': () => null } });
  const facade = useFacade(suite, ['green-alg']);

  it('are paged through, each page as quick as the first', async () => {
    const by = `experimentName=${await runManyJobs(suite, JOBS)}`;
    await pageThrough(facade, `${by}&fields=jobId:true&sort=asc`, JOBS);
    // With all that is told of each.
    await pageThrough(facade, by, JOBS);
  });
});
