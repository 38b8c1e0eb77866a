import { expect } from 'chai';
import { verify } from '../../src/webhooks';
import { refusal, useFacade } from '../support/facade';
import { useReceiver, useWorker } from '../support/suite';
import { SECRET } from '../support/worker';

// One signed sample, sent as the webhooks of jobs are (contract §8).

describe('a test send by the facade', () => {
  const suite = useWorker({ algorithms: {} });
  const facade = useFacade(suite, []);
  const listen = useReceiver();

  const send = (url: string, kind: string): Promise<{ status: number; body: unknown }> =>
    facade.post('/api/v1/webhooks/test', { url, kind });

  for (const kind of ['progress', 'result']) {
    it(`is one signed sample of a ${kind} webhook`, async () => {
      const to = await listen(() => 204);
      const { status, body } = await send(`${to.url}/hook`, kind);
      const { durationMs } = body as { durationMs: number };
      expect([status, body]).to.deep.equal([200, { statusCode: 204, durationMs }]);
      expect(to.arrived).to.have.length(1);
      const { text = '', headers = {} } = to.arrived[0] ?? {};
      expect(headers).to.include({ 'x-pipeline-event': kind, 'x-pipeline-attempt': '1', 'x-pipeline-sequence': '1' });
      const sample = verify(text, headers, SECRET) as { jobId: string; status: string; data: unknown };
      expect(sample).to.include({ pipeline: 'test', status: 'completed' });
      expect(Array.isArray(sample.data)).to.equal(kind === 'result');
      expect(headers['webhook-id']).to.match(/^msg_[0-9a-f]{32}$/);
    });
  }

  it('is made once, whatever the answer', async () => {
    const to = await listen(() => 503);
    const { body } = await send(`${to.url}/hook`, 'result');
    expect(body).to.include({ statusCode: 503, error: 'status' });
    expect(to.arrived).to.have.length(1);
  });

  it('reaches no blocked address, and says nothing else of it', async () => {
    const to = await listen();
    const { status, body } = await send(to.url.replace('127.0.0.1', '0.0.0.0'), 'result');
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('error', 'durationMs');
    expect(body).to.include({ error: 'blocked address' });
    expect(to.arrived).to.deep.equal([]);
  });

  it('is refused for what is no URL of a webhook', async () => {
    expect(await send('ftp://receiver.example', 'result')).to.deep.equal(
      refusal(400, 'data.url should match format "url"'),
    );
    expect(await send('http://user:secret@receiver.example', 'result')).to.deep.equal(
      refusal(400, 'data.url should NOT have credentials'),
    );
    expect(await send('http://receiver.example', 'both')).to.deep.equal(
      refusal(400, 'data.kind should be equal to one of the allowed values (progress,result)'),
    );
  });
});
