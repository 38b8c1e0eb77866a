import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { refusal } from '../support/facade';
import { bodyOf, useJobsOfEachKind } from '../support/looked-at';
import { untilListed } from '../support/visibility';

describe('looking at jobs by the facade', () => {
  const { suite, facade, experimentName, idOf, nameOf, pipeline } = useJobsOfEachKind();

  describe('lists', () => {
    it('exec/jobs tells what runs, or the ids alone, or of another status', async () => {
      const list = async (query: string) => bodyOf(await facade.get(`/api/v1/exec/jobs${query}`)) as unknown[];
      expect(await list('')).to.deep.include({ jobId: idOf('active'), status: 'active', pipelineName: 'active' });
      const raw = await list('?raw=true');
      expect(raw).to.include(idOf('active'));
      expect(raw).not.to.include.members([idOf('paused'), idOf('terminated')]);
      expect(await list('?status=paused&raw=true')).to.include(idOf('paused'));
      expect(await list('?status=failed')).to.deep.include({
        jobId: idOf('terminated'),
        status: 'failed',
        pipelineName: 'terminated',
      });
    });

    it('exec/pipeline/list tells the pipelines of what has no result', async () => {
      const list = bodyOf(await facade.get('/api/v1/exec/pipeline/list')) as { jobId: string; name: string }[];
      const names = list.filter(({ jobId, name }) => nameOf(jobId) === name).map(({ name }) => name);
      expect(names).to.deep.equal(['active', 'paused']);
      expect(list.find(({ jobId }) => jobId === idOf('paused'))).to.deep.include({ kind: 'batch', types: ['raw'] });
    });

    it('pipelines/results and pipelines/status tell how the latest went', async () => {
      const list = async (path: string) =>
        bodyOf(await facade.get(`/api/v1/pipelines/${path}`)) as Record<string, unknown>[];
      const by = `experimentName=${experimentName}`;
      const results = await list(`results?${by}&limit=10`);
      expect(results.map(({ status }) => status)).to.deep.equal(['failed', 'stopped', 'failed', 'completed']);
      expect(results[3]).to.deep.equal((await facade.get(`/api/v1/exec/results/${idOf('completed')}`)).body);
      expect((await list(`results?${by}`)).map(({ pipeline: name }) => name)).to.deep.equal(['terminated']);
      expect((await list(`results?${by}&sort=asc&limit=2`)).map(({ pipeline: name }) => name)).to.deep.equal([
        'completed',
        'failed',
      ]);
      expect(await list(`status?${by}&name=stopped`)).to.deep.equal([
        (await facade.get(`/api/v1/exec/status/${idOf('stopped')}`)).body,
      ]);
      expect((await list(`status?${by}&limit=3`)).map(({ status }) => status)).to.deep.equal([
        'active',
        'paused',
        'failed',
      ]);
    });

    it('say what they have not found', async () => {
      const none = (name: string) => facade.get(`/api/v1/pipelines/${name}?name=none`);
      expect(await none('results')).to.deep.equal(refusal(404, 'pipeline results none Not Found'));
      expect(await none('status')).to.deep.equal(refusal(404, 'pipeline status none Not Found'));
      expect(await facade.get('/api/v1/pipelines/status?limit=0')).to.deep.equal(
        refusal(400, 'data.limit should be >= 1'),
      );
    });
  });

  describe('one job', () => {
    it('has an audit trail, the latest first', async () => {
      const trail = bodyOf(await facade.get(`/api/v1/exec/auditTrail/${idOf('stopped')}`)) as Record<
        string,
        { action: string; timestamp: number }
      >;
      expect(Object.keys(trail)).to.deep.equal(['0', '1', '2', '3', 'jobId']);
      expect(['0', '1', '2', '3'].map((index) => trail[index]?.action)).to.deep.equal([
        'stop',
        'resume',
        'pause',
        'run',
      ]);
      expect(trail['0']).to.include({ user: 'anonymous', reason: 'enough' });
      const times = ['3', '2', '1', '0'].map((index) => trail[index]?.timestamp ?? 0);
      expect(times).to.deep.equal(times.toSorted((one, other) => one - other));
      const running = bodyOf(await facade.get(`/api/v1/exec/auditTrail/${idOf('paused')}`)) as Record<string, object>;
      expect(running['0']).to.include({ action: 'pause' });
      expect(await facade.get('/api/v1/exec/auditTrail/none')).to.deep.equal(refusal(404, 'auditTrail none Not Found'));
      expect(await facade.get('/api/v1/exec/auditTrail')).to.deep.equal(
        refusal(400, `data should have required property 'jobId'`),
      );
    });

    it('has a flow input, or nothing at all is answered', async () => {
      const path = `/api/v1/exec/flowInput/${idOf('completed')}`;
      expect(await facade.get(path)).to.deep.equal({ status: 200, body: { secret: 'completed' } });
      const { headers } = await fetch(`${facade.url}${path}?download=1`);
      expect(headers.get('content-disposition')).to.equal('attachment; filename="flowInput.json"');
      const missing = await fetch(`${facade.url}/api/v1/exec/flowInput/none`);
      expect([missing.status, await missing.text()]).to.deep.equal([404, '']);
    });

    it('has a tree with those that it has started', async () => {
      const root = idOf('completed');
      const child = await suite.worker.client.start(pipeline('child', 'green-alg'), {
        types: ['trigger'],
        origin: { parentJobId: root, rootJobId: root },
      });
      const grandchild = await suite.worker.client.start(pipeline('grandchild', 'green-alg'), {
        types: ['trigger'],
        origin: { parentJobId: child.jobId, rootJobId: root },
      });
      await untilListed(suite.client, 2, `PipelineRoot = '${root}'`);
      const tree = {
        jobId: root,
        name: 'completed',
        children: [
          {
            jobId: child.jobId,
            name: 'child',
            children: [{ jobId: grandchild.jobId, name: 'grandchild', children: [] }],
          },
        ],
      };
      for (const jobId of [root, child.jobId, grandchild.jobId])
        expect(await facade.get(`/api/v1/exec/tree/${jobId}`)).to.deep.equal({ status: 200, body: tree });
      for (const jobId of [idOf('failed'), 'none'])
        expect(await facade.get(`/api/v1/exec/tree/${jobId}`)).to.deep.equal(refusal(404, `tree ${jobId} Not Found`));
      await Promise.all([child.result(), grandchild.result()]);
    });

    it('has a graph, while it runs and after it', async () => {
      const graph = (query: string) => facade.get(`/api/v1/graph/${query}`);
      const { timestamp, ...rest } = bodyOf(await graph(`raw/${idOf('completed')}`)) as { timestamp: number };
      expect(timestamp).to.be.closeTo(Date.now(), 120_000);
      expect(rest).to.deep.equal({
        jobId: idOf('completed'),
        nodes: [
          {
            nodeName: 'green',
            algorithmName: 'green-alg',
            status: 'succeed',
            states: { succeed: 2 },
            total: 2,
            batch: [
              { batchIndex: 1, status: 'succeed' },
              { batchIndex: 2, status: 'succeed' },
            ],
          },
        ],
        edges: [],
      });
      const running = bodyOf(
        await graph(`parsed/${idOf('active')}?node=green&sort=batchIndex&order=desc&from=0&to=1`),
      ) as { nodes: { status: string; batch: unknown }[] };
      expect(running.nodes[0]).to.include({ status: 'active' });
      expect(running.nodes[0]?.batch).to.deep.equal([{ batchIndex: 2, status: 'active' }]);
      const failed = bodyOf(await graph(`parsed/${idOf('failed')}?sort=status`)) as { nodes: { batch: object[] }[] };
      expect(failed.nodes[0]?.batch).to.deep.include({ batchIndex: 1, status: 'failed', error: 'boom' });
      // Nobody knows how far it was.
      const terminated = bodyOf(await graph(`raw/${idOf('terminated')}`)) as { nodes: object[] };
      expect(terminated.nodes).to.deep.equal([{ nodeName: 'green', algorithmName: 'held-alg' }]);
      expect(await graph('raw/none')).to.deep.equal(refusal(404, 'graph none Not Found'));
      expect(await graph(`parsed/${idOf('failed')}?node=`)).to.deep.equal(await graph(`parsed/${idOf('failed')}`));
      expect(await graph(`parsed/${idOf('active')}?node=none`)).to.deep.equal(refusal(404, 'node none Not Found'));
      expect(await graph(`parsed/${idOf('active')}?from=-1`)).to.deep.equal(refusal(400, 'data.from should be >= 0'));
    });
  });

  it('previews the graph of a pipeline, stored or not', async () => {
    const stored = {
      name: `p-${randomUUID()}`,
      nodes: [
        { nodeName: 'green', algorithmName: 'green-alg', input: ['#@flowInput.items'] },
        { nodeName: 'black', algorithmName: 'green-alg', input: ['@green'] },
      ],
    };
    const preview = {
      status: 200,
      body: {
        nodes: [
          { nodeName: 'green', algorithmName: 'green-alg' },
          { nodeName: 'black', algorithmName: 'green-alg' },
        ],
        edges: [{ from: 'green', to: 'black', value: { types: ['waitNode', 'input'] } }],
      },
    };
    const path = '/api/v1/store/pipelines/graph';
    expect(await facade.post(path, { pipeline: stored })).to.deep.equal(preview);
    expect(await facade.get(`${path}/${stored.name}`)).to.deep.equal(refusal(404, `pipeline ${stored.name} Not Found`));
    expect((await facade.post('/api/v1/store/pipelines', stored)).status).to.equal(201);
    expect(await facade.get(`${path}/${stored.name}`)).to.deep.equal(preview);
    expect(await facade.post(path, { pipeline: { name: 'p', nodes: [] } })).to.deep.equal(
      refusal(400, 'pipeline must have at least one node'),
    );
    // One may be called so.
    expect((await facade.post('/api/v1/store/pipelines', { ...stored, name: 'graph' })).status).to.equal(201);
    expect((await facade.get(path)).body).to.include({ name: 'graph' });
  });

  it('tells Prometheus of requests by their route, and of jobs by their status', async () => {
    await facade.get(`/api/v1/exec/status/${idOf('completed')}`);
    const answer = await fetch(`${facade.url}/metrics`);
    expect(answer.headers.get('content-type')).to.match(/^text\/plain/);
    const text = await answer.text();
    expect(text).to.match(
      /^pipelines_http_requests_total\{method="GET",route="\/api\/v1\/exec\/status\{\/:jobId\}",status="200"\} [1-9]/m,
    );
    expect(text).to.match(/^pipelines_http_request_duration_seconds_count\{method="GET",/m);
    expect(text).to.match(/^pipelines_jobs\{status="paused"\} [1-9]/m);
    expect(text).to.match(/^pipelines_jobs\{status="failed"\} [1-9]/m);
    expect(text).to.match(/^process_cpu_seconds_total /m);
    expect(text).not.to.include(idOf('completed'));
  });
});
