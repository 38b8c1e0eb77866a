import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import { refusal } from '../support/facade';
import { bodyOf, BY_END, useJobsOfEachKind } from '../support/looked-at';

interface Hit {
  readonly jobId: string;
  readonly userPipeline: Pipeline;
  readonly pipeline: object;
  readonly status: { readonly status: string; readonly level: string };
  readonly result?: { readonly status: string; readonly timeTook: number };
}

interface Page {
  readonly hits: readonly Hit[];
  readonly cursor?: string;
  readonly timeTook: string;
}

describe('a search for jobs by the facade', () => {
  const { suite, facade, experimentName, idOf, nameOf, pipeline } = useJobsOfEachKind();

  const search = async (query: string): Promise<Page> =>
    bodyOf(await facade.get(`/api/v1/exec/search?${query}`)) as Page;
  const found = async (query: string): Promise<string[]> => {
    const { hits } = await search(`experimentName=${experimentName}&fields=jobId:true&${query}`);
    return hits.map(({ jobId }) => nameOf(jobId));
  };

  it('answers those that run first, newest first, then those that ended, the last of them first; or the reverse', async () => {
    expect(await found('')).to.deep.equal(BY_END);
    expect(await found('sort=asc')).to.deep.equal(BY_END.toReversed());
  });

  for (const sort of ['desc', 'asc']) {
    it(`goes on behind the cursor, and by page numbers: ${sort}`, async () => {
      const expected = sort === 'desc' ? BY_END : BY_END.toReversed();
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const { hits, cursor: next } = await search(
          `experimentName=${experimentName}&limit=2&sort=${sort}&cursor=${cursor ?? 'undefined'}`,
        );
        names.push(...hits.map(({ userPipeline }) => userPipeline.name));
        cursor = next;
      } while (cursor !== undefined);
      expect(names).to.deep.equal(expected);
      expect(await found(`limit=2&page=2&sort=${sort}`)).to.deep.equal(expected.slice(2, 4));
      expect(await found(`limit=4&page=2&sort=${sort}`)).to.deep.equal(expected.slice(4));
      expect(await found(`limit=4&page=9&sort=${sort}`)).to.deep.equal([]);
    });
  }

  for (const [query, names] of [
    ['pipelineStatus=completed', ['completed']],
    // One that was terminated has active as its last attribute.
    ['pipelineStatus=failed', ['terminated', 'failed']],
    ['pipelineStatus=active', ['active']],
    ['pipelineStatus=paused', ['paused']],
    ['pipelineStatus=stopped', ['stopped']],
    ['pipelineStatus=crashed', []],
    ['pipelineStatus=a%00b', []],
    ['exists=result:true', ['terminated', 'stopped', 'failed', 'completed']],
    ['exists=result:false', ['active', 'paused']],
    ['exists=jobId:false', []],
    ['pipelineName=failed', ['failed']],
    ['pipelineType=raw&limit=2', ['active', 'paused']],
    ['pipelineType=stored', []],
    ['algorithmName=fails-alg', ['failed']],
    ['tags=all, failed', ['failed']],
    ['tags=paused,failed', []],
    ['from=2001-01-01&to=2002-01-01', []],
    ['from=2001-01-01T10:00:00&pipelineStatus=paused', ['paused']],
    [`pipelineName=x' OR '1' = '1`, []],
  ] as const) {
    it(query, async () => {
      expect(await found(query)).to.have.members([...names]);
    });
  }

  it('takes a job id for the name', async () => {
    expect(await found(`pipelineName=${encodeURIComponent(idOf('stopped'))}`)).to.deep.equal(['stopped']);
  });

  it('finds by the time of the start', async () => {
    const at = await suite.worker.client.getHandle(idOf('paused')).startTime();
    const after = encodeURIComponent(new Date(at).toISOString());
    expect(await found(`from=${after}`)).to.deep.equal(['active', 'paused']);
    expect(await found(`to=${after}`)).to.deep.equal(BY_END.slice(2));
  });

  it('tells of a job what is known of it, the flow input aside', async () => {
    const { hits, timeTook } = await search(`experimentName=${experimentName}&pipelineName=failed`);
    expect(timeTook).to.match(/^\d+\.\d\dms$/);
    const [hit] = hits;
    expect(Object.keys(hit ?? {})).to.deep.equal(['jobId', 'userPipeline', 'pipeline', 'status', 'result']);
    expect(hit?.userPipeline).to.deep.equal({ ...pipeline('failed', 'fails-alg'), flowInput: null });
    expect(hit?.pipeline).to.deep.include({ kind: 'batch', priority: 3, types: ['raw'], flowInput: null });
    expect(hit?.status).to.deep.include({ status: 'failed', level: 'error', pipeline: 'failed', nodeName: 'green' });
    expect(hit?.result).to.deep.include({ status: 'failed', nodeName: 'green' });
    expect(hit?.result?.timeTook).to.be.within(0, 60);
    const [running] = (await search(`experimentName=${experimentName}&pipelineName=active`)).hits;
    expect(running?.status).to.include({ status: 'active', level: 'info' });
    expect(running).not.to.have.property('result');
    const [terminated] = (await search(`experimentName=${experimentName}&pipelineName=terminated`)).hits;
    expect(terminated?.status).to.include({
      status: 'failed',
      level: 'critical',
      error: 'the job was terminated from outside: by a person',
    });
  });

  it('answers the fields that are asked for', async () => {
    const by = `experimentName=${experimentName}&pipelineName=completed`;
    expect((await search(`${by}&fields=jobId:true,status.status:true,result.status:true`)).hits).to.deep.equal([
      { jobId: idOf('completed'), status: { status: 'completed' }, result: { status: 'completed' } },
    ]);
    const [hit] = (await search(`${by}&fields=userPipeline:false,pipeline:false,result:false`)).hits;
    expect(Object.keys(hit ?? {})).to.deep.equal(['jobId', 'status']);
  });

  it('answers the same to a body', async () => {
    const post = (body: object) => facade.post('/api/v1/exec/search', body);
    const { status, body } = await post({
      query: { experimentName, tags: ['all'], datesRange: { from: '2021-03-11T14:30:00', to: 4_000_000_000_000 } },
      exists: { result: true },
      sort: 'asc',
      limit: 2,
      pageNum: 2,
      fields: { 'userPipeline.name': true },
    });
    expect(status).to.equal(200);
    expect((body as Page).hits).to.deep.equal(['stopped', 'terminated'].map((name) => ({ userPipeline: { name } })));
    expect(await post({ limit: 101 })).to.deep.equal(refusal(400, 'data.limit should be <= 100'));
    expect(await post({ fields: { a: true, b: false } })).to.deep.equal(
      refusal(400, 'data.fields should be all true or all false'),
    );
  });

  for (const [query, message] of [
    ['limit=0', 'data.limit should be >= 1'],
    ['limit=101', 'data.limit should be <= 100'],
    ['sort=up', 'data.sort should be equal to one of the allowed values (asc,desc)'],
    ['cursor=none', 'data.cursor should be the cursor of an earlier answer'],
    ['from=yesterday', 'data.from should match format "iso-time"'],
    ['fields=jobId', 'data.fields should be a list such as jobId:true,status.status:true'],
    ['exists=graph:true', 'data.exists.graph is not supported, only result is'],
    ['page=102&limit=100', 'data.pageNum should NOT pass over more than 10000 jobs: use the cursor'],
  ] as const) {
    it(`refuses ${query}`, async () => {
      expect(await facade.get(`/api/v1/exec/search?${query}`)).to.deep.equal(refusal(400, message));
    });
  }
});
