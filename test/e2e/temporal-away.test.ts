import { expect } from 'chai';
import { refusal, startTestFacade } from '../support/facade';
import { useOwnServers } from '../support/own-server';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

describe('the facade while the Temporal server is away', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const startServer = useOwnServers();

  it('says so within two seconds, and goes on by itself once it is back', async () => {
    const server = await startServer();
    const facade = await startTestFacade(server, 'nobody', ['green-alg']);
    try {
      const started = await facade.post('/api/v1/exec/algorithm', { name: 'green-alg', input: [1] });
      const { jobId } = started.body as { jobId: string };
      const nodes = [{ nodeName: 'green', algorithmName: 'green-alg' }];
      expect((await facade.post('/api/v1/store/pipelines', { name: 'kept', nodes })).status).to.equal(201);
      expect((await facade.post('/api/v1/experiment', { name: 'kept' })).status).to.equal(200);
      const algorithm = { name: 'kept', http: { url: 'http://localhost:9/kept' } };
      expect((await facade.post('/api/v1/store/algorithms', algorithm)).status).to.equal(201);
      await server.kill();
      const asked = Date.now();
      const answers = await Promise.all(
        ['exec/status', 'exec/results', 'exec/pipelines', 'webhooks/list'].map((path) =>
          facade.get(`/api/v1/${path}/${jobId}`),
        ),
      );
      expect(Date.now() - asked).to.be.lessThan(2_500);
      for (const answer of answers) {
        expect(answer).to.deep.equal(refusal(503, 'the Temporal server does not answer'));
      }
      // What is stored does not need it.
      expect((await facade.get('/api/v1/store/pipelines')).status).to.equal(200);
      // Nothing is deleted whose jobs can not be stopped.
      for (const [path, query] of [
        ['store/pipelines', ''],
        ['store/algorithms', '?force=true'],
        ['experiment', ''],
      ] as const) {
        const begun = Date.now();
        expect((await facade.ask('DELETE', `/api/v1/${path}/kept${query}`)).status, path).to.equal(503);
        expect(Date.now() - begun, path).to.be.lessThan(12_000);
        expect((await facade.get(`/api/v1/${path}/kept`)).status, path).to.equal(200);
      }
      await server.restart();
      // However long it was away.
      await until(
        'the job is found again',
        async () => (await facade.get(`/api/v1/exec/status/${jobId}`)).status === 200,
        10_000,
      );
    } finally {
      await facade.close();
    }
  });
});
