import { expect } from 'chai';
import { refusal, startLoneFacade } from '../support/facade';

describe("HKube's ingress path", () => {
  it('leads where the facade is, with its guards', async () => {
    const facade = await startLoneFacade({ apiToken: 'open-sesame' });
    try {
      const get = (path: string, headers: Record<string, string> = { authorization: 'Bearer open-sesame' }) =>
        facade.ask('GET', path, undefined, headers);
      expect(await get('/hkube/api-server/api/v1/store/pipelines')).to.deep.equal({ status: 200, body: [] });
      expect(await get('/hkube/api-server/api')).to.deep.equal({ status: 200, body: ['v1'] });
      expect((await get('/hkube/api-server/api/v1/store/pipelines', {})).status).to.equal(401);
      for (const path of ['/hkube/api-server', '/hkube/other/api', '/hkube/api-servers/api']) {
        expect(await get(path)).to.deep.equal(refusal(404, `GET ${path} Not Found`));
      }
    } finally {
      await facade.close();
    }
  });
});
