import { expect } from 'chai';
import type { Homes } from '../../src/domain/homes';
import type { PipelineNode } from '../../src/domain/pipeline';
import type { Answer } from '../support/receiver';
import { NEVER } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// Algorithms that are HTTP endpoints (contract §10).

const JSON_TYPE = { 'content-type': 'application/json' };

describe('an HTTP algorithm', () => {
  const suite = useWorker({ algorithms: {} });
  const listen = useReceiver();

  function homes(url: string, timeoutMs = 5_000): Homes {
    return { remote: { kind: 'http', url, timeoutMs } };
  }

  function pipeline(node: Partial<PipelineNode> = {}) {
    return { name: 'http', nodes: [{ nodeName: 'green', algorithmName: 'remote', input: ['#[1,2]'], ...node }] };
  }

  const answer =
    (status: number, body: unknown): Answer =>
    () => ({ status, headers: JSON_TYPE, body: typeof body === 'string' ? body : JSON.stringify(body) });

  it('is sent the arguments of each item, and its answer is the result', async () => {
    const endpoint = await listen(({ text }) => {
      const { input, taskId } = JSON.parse(text) as { input: number[]; taskId: string };
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify({ taskId, tenfold: (input[0] ?? 0) * 10 }) };
    });
    const job = await suite.start(pipeline(), { homes: homes(`${endpoint.url}/run?a=b`) });
    expect((await job.result()).data?.map(({ result }) => result)).to.deep.equal([
      { taskId: 'green#1', tenfold: 10 },
      { taskId: 'green#2', tenfold: 20 },
    ]);
    const first = endpoint.arrived.find(({ text }) => text.includes('green#1'));
    expect(first).to.include({ method: 'POST', path: '/run?a=b' });
    expect(first?.headers).to.include({ 'content-type': 'application/json', 'accept-encoding': 'identity' });
    expect(JSON.parse(first?.text ?? '')).to.deep.equal({
      input: [1],
      jobId: job.jobId,
      taskId: 'green#1',
      nodeName: 'green',
      algorithmName: 'remote',
      batchIndex: 1,
    });
  });

  const failures: [string, Answer, string][] = [
    ['says why it failed', answer(422, { error: { message: 'the licence is unknown' } }), 'the licence is unknown'],
    ['fails without a word', answer(500, 'oops'), 'HTTP 500'],
    ['answers no JSON', answer(200, '<html>'), 'the answer is not JSON'],
    ['answers nothing', answer(200, ''), 'the answer is not JSON'],
    ['answers another success', answer(202, { later: true }), 'HTTP 202'],
    ['answers too much', answer(200, JSON.stringify('x'.repeat(2_000_000))), 'the answer is larger than 1900000 bytes'],
    [
      'redirects',
      () => ({ status: 307, headers: { location: '/elsewhere' } }),
      'HTTP 307, and redirects are not followed',
    ],
  ];
  for (const [what, reply, error] of failures) {
    it(`that ${what} fails its task: ${error}`, async () => {
      const endpoint = await listen(reply);
      const job = await suite.start(pipeline({ input: [1] }), { homes: homes(endpoint.url) });
      expect(await job.result()).to.include({ status: 'failed', error, nodeName: 'green' });
      expect(endpoint.arrived.map(({ path }) => path)).to.deep.equal(['/']);
    });
  }

  it('that fails is asked again under its policy, by the same key', async () => {
    const endpoint = await listen((_, count) => ({ status: count < 3 ? 503 : 200, body: '"at last"' }));
    const node = { input: [1], retry: { policy: 'OnError', limit: 2 } } as const;
    const job = await suite.start(pipeline(node), { homes: homes(endpoint.url) });
    expect((await job.result()).data?.[0]?.result).to.equal('at last');
    expect(new Set(endpoint.arrived.map(({ headers }) => headers['idempotency-key'])).size).to.equal(1);
  });

  it('that does not answer in time has crashed, which the default policy retries', async () => {
    const endpoint = await listen((_, count) => (count === 1 ? NEVER : { status: 200, body: '1' }));
    const job = await suite.start(pipeline({ input: [1] }), { homes: homes(endpoint.url, 500) });
    expect((await job.result()).status).to.equal('completed');
    expect(endpoint.arrived).to.have.length(2);
    const never = await listen(() => NEVER);
    const node = { input: [1], retry: { policy: 'Never', limit: 1 } } as const;
    const other = await suite.start(pipeline(node), { homes: homes(never.url, 500) });
    expect(await other.result()).to.include({ status: 'failed', error: 'no answer within 0.5 s' });
  });

  it('that is not there has crashed as often as the policy lets it', async () => {
    const gone = await listen();
    await gone.close();
    const job = await suite.start(pipeline({ input: [1] }), { homes: homes(gone.url) });
    expect(await job.result()).to.include({ status: 'failed', error: 'no connection: connect' });
  });

  it('at a blocked address is not asked, and is told in two words', async () => {
    const endpoint = await listen();
    const url = endpoint.url.replace('127.0.0.1', '0.0.0.0');
    const node = { input: [1], retry: { policy: 'Always', limit: 3 } } as const;
    const job = await suite.start(pipeline(node), { homes: homes(url) });
    expect(await job.result()).to.include({ status: 'failed', error: 'blocked address' });
    expect(endpoint.arrived).to.deep.equal([]);
  });

  it('fails by its node’s ttl', async () => {
    const endpoint = await listen(() => NEVER);
    const job = await suite.start(pipeline({ input: [1], ttl: 1 }), { homes: homes(endpoint.url, 60_000) });
    expect(await job.result()).to.include({ status: 'failed', error: 'Algorithm TTL expired' });
  });

  it('is hung up on by a stop', async () => {
    let hungUp = false;
    const endpoint = await listen(() => NEVER);
    endpoint.onHangUp(() => {
      hungUp = true;
    });
    const job = await suite.start(pipeline({ input: [1] }), { homes: homes(endpoint.url, 60_000) });
    await endpoint.until(({ arrived }) => arrived.length === 1);
    await job.stop('enough');
    expect(await job.result()).to.include({ status: 'stopped', reason: 'enough' });
    await until('it is hung up on', () => hungUp);
  });
});
