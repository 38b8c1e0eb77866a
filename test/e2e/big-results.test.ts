import { expect } from 'chai';
import { before } from 'mocha';
import type { Algorithms } from '../../activities';
import { PipelineClient } from '../../src/client';
import type { ResultBody } from '../../src/domain/events';
import type { Pipeline } from '../../src/domain/pipeline';
import { createSecretKey } from 'node:crypto';
import { createResultUrls, type ResultUrls } from '../../src/http/result-urls';
import { startTestFacade, useFacade } from '../support/facade';
import { useReceiver, useWorker } from '../support/suite';

const LARGE = 1_200_000;

describe('a result that is too large for a webhook', () => {
  const algorithms: Algorithms = {
    'text-alg': ({ input: [length] }) => 'é'.repeat(Number(length) / 2),
    'echo-alg': ({ input: [value] }) => value,
  };
  const suite = useWorker({ algorithms });
  const listen = useReceiver();
  // The facade's port is known once it listens; here the addresses name another, as behind a proxy.
  const publicUrl = 'http://pipelines.example/base';
  let resultUrls: ResultUrls | undefined;
  const facade = useFacade(suite, Object.keys(algorithms), {
    apiToken: 'open-sesame',
    resultUrls: { isSigned: (ctx) => resultUrls?.isSigned(ctx) ?? false },
  });
  before(() => {
    resultUrls = createResultUrls(publicUrl, [createSecretKey(Buffer.alloc(32, 7))]);
  });

  async function run(nodes: Pipeline['nodes'], inlineLimit = 1_048_576): Promise<{ sent: ResultBody; whole: unknown }> {
    const receiver = await listen();
    const client = new PipelineClient(suite.client, {
      taskQueue: suite.worker.taskQueue,
      settings: { inlineLimit },
      dataUrl: (jobId) => resultUrls?.templateFor(jobId) ?? '',
    });
    const job = await client.start({ name: 'big', nodes, webhooks: { result: receiver.webhooks.result } });
    await suite.settle(job);
    const [event] = receiver.arrivedOn('/result');
    expect(Buffer.byteLength(event?.text ?? '')).to.be.at.most(inlineLimit);
    return { sent: JSON.parse(event?.text ?? '') as ResultBody, whole: (await job.results()).data };
  }

  const read = async (url = ''): Promise<unknown> => {
    const answer = await fetch(url.replace(publicUrl, facade.url));
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([200, 'application/json; charset=utf-8']);
    return await answer.json();
  };

  it('travels as an address, which answers it without a token', async () => {
    const { sent, whole } = await run([
      { nodeName: 'small', algorithmName: 'echo-alg', input: [null], includeInResults: true },
      { nodeName: 'large', algorithmName: 'text-alg', input: [LARGE] },
    ]);
    const [small, large] = sent.data ?? [];
    expect(small).to.deep.equal({ nodeName: 'small', algorithmName: 'echo-alg', result: null });
    expect(large?.info?.size).to.equal(LARGE + 2);
    expect(await read(large?.info?.url)).to.equal('é'.repeat(LARGE / 2));
    expect(await read(large?.info?.url.replace('entry-1', 'entry-0'))).to.equal(null);
    expect(whole).to.have.lengthOf(2);
  });

  it('is one address for a batch that is too long for it', async () => {
    const { sent, whole } = await run([{ nodeName: 'many', algorithmName: 'echo-alg', input: ['#[1...60]'] }], 1_000);
    expect(sent.data).to.have.lengthOf(1);
    expect(await read(sent.data?.[0]?.info?.url)).to.deep.equal(whole);
  });

  it('is not there under another reference, or for another job', async () => {
    const { sent } = await run([{ nodeName: 'large', algorithmName: 'text-alg', input: [2_000] }], 1_000);
    const url = (sent.data?.[0]?.info?.url ?? '').replace(publicUrl, facade.url);
    expect((await fetch(url.replace('entry-0', 'entry-1'))).status).to.equal(404);
    expect((await fetch(url.replace('big%3A', 'small%3A'))).status).to.equal(401);
  });

  it('needs no signature where no token is asked for', async () => {
    const open = await startTestFacade(suite.temporal, suite.worker.taskQueue, []);
    try {
      const { sent } = await run([{ nodeName: 'large', algorithmName: 'text-alg', input: [2_000] }], 1_000);
      const { pathname } = new URL(sent.data?.[0]?.info?.url ?? '');
      expect(await open.get(pathname.replace('/base', ''))).to.deep.equal({ status: 200, body: 'é'.repeat(1_000) });
    } finally {
      await open.close();
    }
  });
});
