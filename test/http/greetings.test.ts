import { expect } from 'chai';
import { after, before } from 'mocha';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

describe('greetings', () => {
  let facade: TestFacade;

  before(async () => {
    facade = await startLoneFacade();
  });
  after(() => facade.close());

  for (const path of ['/api', '/api/']) {
    it(`answers the versions at ${path}`, async () => {
      expect(await facade.get(path)).to.deep.equal({ status: 200, body: ['v1'] });
    });
  }

  for (const group of [
    'exec',
    'store',
    'webhooks',
    'cron',
    'pipelines',
    'versions',
    'builds',
    'boards',
    'storage',
    'status',
  ]) {
    it(`says that there is ${group}, as HKube does`, async () => {
      const greeting = { status: 200, body: { message: `v1 ${group} api` } };
      expect(await facade.get(`/api/v1/${group}`)).to.deep.equal(greeting);
      expect(await facade.get(`/api/v1/${group}/`)).to.deep.equal(greeting);
    });
  }

  it('greets for nothing that is not there', async () => {
    for (const path of ['/api/v1', '/api/v1/graph', '/api/v1/nothing', '/api/v2']) {
      expect(await facade.get(path)).to.deep.equal(refusal(404, `GET ${path} Not Found`));
    }
  });

  it('lists them with the others', async () => {
    const { paths } = (await facade.get('/swagger-api')).body as { paths: Record<string, unknown> };
    expect(paths).to.include.keys('/api', '/api/v1/exec', '/api/v1/store', '/api/v1/webhooks');
  });
});
