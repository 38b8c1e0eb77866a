import { expect } from 'chai';
import type { JobSettings } from '../../src/domain/settings';
import { verify } from '../../src/webhooks';
import { attemptsOf, Delivery, statusesOf } from '../support/deliveries';
import type { Answer, Receiver } from '../support/receiver';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { SECRET } from '../support/worker';

// A delivery that someone asks for again (contract §7, «Redelivery»).

describe('redelivery', () => {
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const listen = useReceiver();

  /** A job whose result is told to a receiver that answers so. */
  async function start(
    answer: Answer,
    settings: Partial<JobSettings>,
    paths: { progress?: string; result?: string } = { result: '/hook' },
  ): Promise<{ to: Receiver; jobId: string; delivery: Delivery }> {
    const to = await listen(answer);
    const webhooks = Object.fromEntries(Object.entries(paths).map(([kind, path]) => [kind, `${to.url}${path}`]));
    const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
    const { jobId } = await suite.start({ name: 'again', nodes, webhooks }, settings);
    await suite.client.workflow.getHandle(jobId).result();
    return { to, jobId, delivery: new Delivery(suite.client, jobId, 'result') };
  }

  it('delivers what is dead, under the same id and with a new signature', async () => {
    const { to, delivery } = await start((_, count) => (count <= 2 ? 500 : 200), { retryScheduleMs: [0, 100] });
    await delivery.until('dead', ({ state }) => state === 'dead');
    const [, last] = to.arrived;
    const signedAt = Number(last?.headers['webhook-timestamp']);
    await until('the next second', () => Math.floor(Date.now() / 1_000) > signedAt);
    await delivery.redeliver();
    const record = await delivery.ended();
    expect(record).to.include({ state: 'delivered' });
    expect(record).to.not.have.property('reason');
    expect(record?.attempts.map(({ attempt, trigger }) => [attempt, trigger])).to.deep.equal([
      [1, 'auto'],
      [2, 'auto'],
      [3, 'manual'],
    ]);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    const again = to.arrived[2];
    expect(again?.text).to.equal(last?.text);
    expect(again?.headers['webhook-id']).to.equal(last?.headers['webhook-id']);
    expect(again?.headers['x-pipeline-sequence']).to.equal(last?.headers['x-pipeline-sequence']);
    expect(Number(again?.headers['webhook-timestamp'])).to.be.above(signedAt);
    expect(again?.headers['webhook-signature']).to.not.equal(last?.headers['webhook-signature']);
    expect(verify(again?.text ?? '', again?.headers ?? {}, SECRET)).to.be.an('object');
  });

  it('cancels the automatic retry that is pending, where it succeeds', async () => {
    const { to, delivery } = await start((_, count) => (count === 1 ? 500 : 200), { retryScheduleMs: [0, 600_000] });
    await delivery.until('one attempt', ({ nextAttemptAt }) => nextAttemptAt !== undefined);
    await delivery.redeliver();
    const record = await delivery.ended();
    expect(record).to.include({ state: 'delivered' });
    expect(record).to.not.have.property('nextAttemptAt');
    expect(record?.attempts.map(({ trigger }) => trigger)).to.deep.equal(['auto', 'manual']);
    expect(to.arrived).to.have.length(2);
  });

  it('leaves the automatic retry as it is, where it fails', async () => {
    const { to, delivery } = await start((_, count) => (count <= 2 ? 500 : 200), { retryScheduleMs: [0, 3_000] });
    const before = await delivery.until('one attempt', ({ nextAttemptAt }) => nextAttemptAt !== undefined);
    await delivery.redeliver();
    const after = await delivery.until('two attempts', ({ attempts }) => attempts.length === 2);
    expect([after.state, after.nextAttemptAt]).to.deep.equal(['pending', before.nextAttemptAt]);
    const record = await delivery.ended();
    expect(record?.attempts.map(({ trigger }) => trigger)).to.deep.equal(['auto', 'manual', 'auto']);
    expect(to.arrived[2]?.at).to.be.at.least(Date.parse(before.nextAttemptAt ?? ''));
  });

  it('leaves what is dead dead, where it fails, for as often as one likes', async () => {
    const { delivery } = await start((_, count) => (count <= 3 ? 410 : 200), { retryScheduleMs: [0] });
    for (const attempts of [2, 3]) {
      await delivery.until('dead', ({ state }) => state === 'dead');
      await delivery.redeliver();
      const record = await delivery.until('tried', (now) => now.attempts.length === attempts);
      expect(record).to.include({ state: 'dead', reason: 'gone' });
      expect(record.attempts.at(-1)).to.include({ trigger: 'manual', statusCode: 410 });
    }
    await delivery.redeliver();
    expect(await delivery.ended()).to.include({ state: 'delivered' });
  });

  it('is one attempt of a terminal progress event that made way for the result', async () => {
    let down = true;
    const { to, jobId, delivery } = await start(
      ({ text }) => (down && text.includes('"level":"info","status":"completed"') ? 500 : 200),
      { retryScheduleMs: [0, ...Array<number>(7).fill(100)] },
      { progress: '/hook', result: '/hook' },
    );
    expect(await delivery.ended()).to.include({ state: 'delivered' });
    const progress = new Delivery(suite.client, jobId, 'progress');
    expect(await progress.record()).to.include({ state: 'dead', reason: 'superseded' });
    down = false;
    await progress.redeliver();
    expect((await progress.ended())?.attempts.at(-1)).to.include({ attempt: 6, trigger: 'manual' });
    expect(statusesOf(to.received.slice(-2))).to.deep.equal(['result completed', 'completed']);
  });

  it('is possible until the retention has passed', async () => {
    const { delivery } = await start(() => 500, { retryScheduleMs: [0], deliveryRetentionMs: 1_000 });
    expect(await delivery.ended()).to.include({ state: 'dead', reason: 'exhausted' });
    expect(await rejection(delivery.redeliver())).to.have.property('name', 'WorkflowNotFoundError');
  });
});
