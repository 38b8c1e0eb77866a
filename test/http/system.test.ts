import { expect } from 'chai';
import { after, before } from 'mocha';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

describe('a facade that is asked what it is', () => {
  let facade: TestFacade;

  before(async () => {
    facade = await startLoneFacade({ about: { version: '1.2.3', clusterName: 'somewhere', storage: 's3' } });
  });
  after(() => facade.close());

  it('tells its version and where it keeps what is large', async () => {
    expect(await facade.get('/api/v1/status/version')).to.deep.equal({
      status: 200,
      body: { systemVersion: '1.2.3', clusterName: 'somewhere', storage: 's3' },
    });
    expect(await facade.get('/api/v1/storage/info')).to.deep.equal({
      status: 200,
      body: { type: 's3', encoding: 'json', clusterName: 'somewhere' },
    });
  });

  it('answers its metrics where Temporal is away, without the jobs', async () => {
    const text = await (await fetch(`${facade.url}/metrics`)).text();
    expect(text).to.match(/^pipelines_http_requests_total\{/m);
    expect(text).not.to.match(/^pipelines_jobs\{/m);
  });

  for (const path of ['/api', '/metrics', '/api/v1/exec', '/api/v1/exec/jobs', '/api/v1/graph/raw/x', '/healthz']) {
    it(`takes nothing else than a GET at ${path}`, async () => {
      const answer = await fetch(facade.url + path, { method: 'PUT' });
      expect(answer.status).to.equal(405);
      expect(answer.headers.get('allow')?.split(', ')).to.have.members(['GET', 'HEAD']);
      expect(await answer.json()).to.deep.equal(refusal(405, 'Method Not Allowed').body);
    });
  }

  it('knows no other routes', async () => {
    for (const path of ['/api/v1/exec/none', '/api/v1/graph', '/internal/v1/exec/stop', '/metrics/x'])
      expect(await facade.get(path)).to.deep.equal(refusal(404, `GET ${path} Not Found`));
  });
});
