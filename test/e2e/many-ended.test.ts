import { expect } from 'chai';
import { runManyJobs, pageThrough } from '../support/ended-jobs';
import { useFacade } from '../support/facade';
import { useLoneServer } from '../support/lone-server';
import { useWorker } from '../support/suite';

const JOBS = 2_000;

describe('two thousand jobs that have ended', function () {
  this.timeout(300_000);
  // Where nobody else has jobs, as one of the lists is of all that have completed.
  const suite = useWorker({ algorithms: { 'green-alg': () => null } }, useLoneServer());
  const facade = useFacade(suite, ['green-alg']);
  let by = '';

  before(async () => {
    by = `experimentName=${await runManyJobs(suite, JOBS)}`;
  });

  it('are paged through in either order, each page as quick as the first', async () => {
    const newestFirst = await pageThrough(facade, `${by}&fields=jobId:true`, JOBS);
    const oldestFirst = await pageThrough(facade, `${by}&fields=jobId:true&sort=asc`, JOBS);
    // Of one millisecond the server knows an order that it does not tell.
    const place = new Map(newestFirst.map((jobId, index) => [jobId, index]));
    oldestFirst.reverse().forEach((jobId, index) => {
      expect(Math.abs((place.get(jobId) ?? Infinity) - index)).to.be.below(50);
    });
  });

  it('are so with all that is told of a job, and by other criteria', async () => {
    await pageThrough(facade, `${by}&pipelineName=p3&tags=t3&pipelineStatus=completed`, JOBS / 10);
  });

  it('are counted by page numbers, and listed as a whole', async () => {
    const last = await facade.get(`/api/v1/exec/search?${by}&page=20&fields=jobId:true`);
    expect((last.body as { hits: object[] }).hits).to.have.lengthOf(100);
    const { body } = await facade.get(`/api/v1/pipelines/results?${by}&limit=300`);
    expect(body).to.have.lengthOf(300);
    const { body: raw } = await facade.get('/api/v1/exec/jobs?status=completed&raw=true');
    expect(raw).to.have.lengthOf(JOBS);
  });
});
