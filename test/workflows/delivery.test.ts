import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import type { Pipeline } from '../../src/domain/pipeline';
import { verify } from '../../src/webhooks';
import { attemptsOf, expectedId, sequencesOf, statusesOf } from '../support/deliveries';
import type { Arrived } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { SECRET } from '../support/worker';

// What a receiver gets: headers, bytes and signatures (contract §7).

const SIGNED = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

function signedHeaders({ headers }: Arrived): Record<(typeof SIGNED)[number], string> {
  const [id, timestamp, signature] = SIGNED.map((name) => String(headers[name]));
  return {
    'webhook-id': id ?? '',
    'webhook-timestamp': timestamp ?? '',
    'webhook-signature': signature ?? '',
  };
}

/** Every promise that holds for any request, whatever it tells. */
function checkRequest(request: Arrived): void {
  const { method, headers, text, at } = request;
  expect(method).to.equal('POST');
  expect(headers['content-type']).to.equal('application/json');
  expect(text).to.equal(JSON.stringify(JSON.parse(text)));
  expect(Number(headers['content-length'])).to.equal(Buffer.byteLength(text));
  expect(Number(headers['webhook-timestamp'])).to.be.within(Math.floor(at / 1_000) - 1, Math.floor(at / 1_000));
  const signed = signedHeaders(request);
  expect(new Webhook(SECRET).verify(text, signed)).to.deep.equal(JSON.parse(text));
  expect(verify(text, headers, SECRET)).to.deep.equal(JSON.parse(text));
  expect(() => verify(text.replace('{', '{ '), headers, SECRET)).to.throw('no matching signature');
}

describe('webhooks', () => {
  const suite = useWorker({
    algorithms: {
      echo: ({ input }) => input[0],
      fail: () => {
        throw new Error('bad input');
      },
      wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    },
    settings: { retryScheduleMs: [0, 2_000, 2_000] },
  });
  const listen = useReceiver();

  function pipeline(algorithmName: string, rest: Partial<Pipeline>): Pipeline {
    return { name: 'hooks', nodes: [{ nodeName: 'one', algorithmName, input: ['grün ✓'] }], ...rest };
  }

  it('carry the headers of the contract', async () => {
    const to = await listen();
    const { client } = suite;
    const { jobId } = await suite.start(pipeline('echo', { webhooks: to.webhooks }));
    await to.until(({ progress, results }) => progress.length === 3 && results.length === 1);
    const { arrived } = to;
    arrived.forEach(checkRequest);
    const [progress, result] = [to.arrivedOn('/progress'), to.arrivedOn('/result')];
    expect(progress.map(({ headers }) => headers['x-pipeline-event'])).to.deep.equal(Array(3).fill('progress'));
    expect(result.map(({ headers }) => headers['x-pipeline-event'])).to.deep.equal(['result']);
    expect([sequencesOf(progress), sequencesOf(result)]).to.deep.equal([[1, 2, 3], [1]]);
    expect(attemptsOf(arrived)).to.deep.equal([1, 1, 1, 1]);
    expect(progress.map(({ headers }) => headers['webhook-id'])).to.deep.equal([
      await expectedId(client, jobId, 'progress', '1'),
      await expectedId(client, jobId, 'progress', '2'),
      await expectedId(client, jobId, 'progress', 'end'),
    ]);
    expect(result[0]?.headers['webhook-id']).to.equal(await expectedId(client, jobId, 'result', 'end'));
  });

  it('to one URL share its sequence', async () => {
    const to = await listen();
    await suite.start(pipeline('echo', { webhooks: to.sharedWebhooks }));
    await to.until(({ received }) => received.length === 4);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', 'completed', 'result completed']);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 2, 3, 4]);
  });

  it('repeat bytes and id over the retries, and are signed anew', async () => {
    const to = await listen((_, count) => (count < 3 ? 500 : 204));
    await suite.start(pipeline('echo', { webhooks: { result: `${to.url}/result` } }));
    await to.until(({ received }) => received.length === 3);
    to.arrived.forEach(checkRequest);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 1, 1]);
    expect(new Set(to.arrived.map(({ text }) => text))).to.have.property('size', 1);
    expect(new Set(to.arrived.map(({ headers }) => headers['webhook-id']))).to.have.property('size', 1);
    expect(new Set(to.arrived.map(({ headers }) => headers['webhook-signature']))).to.have.property('size', 3);
  });

  it('are held back by all that a receiver asks for no longer than the whole schedule lasts', async () => {
    const asks = { status: 503, headers: { 'retry-after': '60' } };
    const to = await listen((_, count) => (count < 3 ? asks : 200));
    const settings = { retryScheduleMs: [0, 100, 100, 2_500] };
    await suite.start(pipeline('echo', { webhooks: { result: `${to.url}/result` } }), settings);
    await to.until(({ results }) => results.length === 1);
    const [first = 0, second = 0, third = 0] = to.arrived.map(({ at }) => at);
    expect(second - first, 'the horizon').to.be.at.least(2_600);
    expect(third - second, 'nothing of it is left').to.be.below(2_000);
  });

  it('of progress are tried three times while the job runs, then the next one goes', async () => {
    const to = await listen((_, count) => (count <= 4 ? 500 : 200));
    const job = await suite.start(pipeline('wait', { webhooks: { progress: `${to.url}/progress` } }));
    await to.until(({ received }) => received.length === 5);
    await job.stop();
    await to.until(({ received }) => received.length === 6);
    to.arrived.forEach(checkRequest);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'pending', 'pending', 'active', 'active', 'stopped']);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3, 1, 2, 1]);
    // The event that was dropped keeps its number.
    expect(sequencesOf(to.arrived)).to.deep.equal([1, 1, 1, 2, 2, 3]);
    expect(new Set(to.arrived.slice(0, 3).map(({ text }) => text))).to.have.property('size', 1);
    expect(new Set(to.arrived.map(({ headers }) => headers['webhook-id']))).to.have.property('size', 3);
  });

  for (const status of ['completed', 'failed', 'stopped'] as const) {
    it(`of the result are sent for a job that ${status}, whatever the verbosity`, async () => {
      const to = await listen();
      const algorithm = { completed: 'echo', failed: 'fail', stopped: 'wait' }[status];
      const { webhooks } = to;
      const options = { progressVerbosityLevel: 'critical' };
      const job = await suite.start(pipeline(algorithm, { webhooks, options }));
      if (status === 'stopped') await job.stop();
      await to.until(({ received }) => received.length === 1);
      expect(statusesOf(to.arrived)).to.deep.equal([`result ${status}`]);
      expect(JSON.parse(to.arrived[0]?.text ?? '')).to.deep.equal(await job.results());
    });
  }

  it('are not needed', async () => {
    const job = await suite.start(pipeline('echo', {}));
    expect(await job.result()).to.have.property('status', 'completed');
    const children = suite.client.workflow.list({ query: `WorkflowId STARTS_WITH '${job.jobId}/'` });
    for await (const { workflowId } of children) expect.fail(workflowId);
  });

  it('may be of progress only', async () => {
    const to = await listen();
    await suite.start(pipeline('echo', { webhooks: { progress: `${to.url}/progress` } }));
    await to.until(({ received }) => received.length === 3);
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', 'completed']);
  });

  it('may be of the result only', async () => {
    const to = await listen();
    const job = await suite.start(pipeline('echo', { webhooks: { result: `${to.url}/result` } }));
    await suite.settle(job);
    expect(statusesOf(to.arrived)).to.deep.equal(['result completed']);
  });
});
