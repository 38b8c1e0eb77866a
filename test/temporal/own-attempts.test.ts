import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { WebhookKind } from '../../src/domain/delivery';
import type { ResultBody } from '../../src/domain/events';
import type { UntoldJob } from '../../src/domain/untold';
import { findUntold } from '../../src/temporal/untold-jobs';
import { attemptsOf, expectedId, sequencesOf } from '../support/deliveries';
import { lookOnce, terminateJob } from '../support/reconciler';
import { NEVER, type Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// A job that is ended from outside while it makes the first attempts of its terminal events (DESIGN.md, «Reconciler»).

describe('a job that was ended from outside while it told of its end', () => {
  const suite = useWorker({
    settings: { progressTimeoutMs: 20_000, attemptTimeoutMs: 2_000, retryScheduleMs: [0, 100] },
    algorithms: { echo: ({ input }) => input[0] },
  });
  const listen = useReceiver();

  async function start(webhooks: Partial<Record<WebhookKind, string>>): Promise<JobHandle> {
    return await suite.start({
      name: 'cut',
      nodes: [{ nodeName: 'one', algorithmName: 'echo', input: [{ a: 1.5 }] }],
      webhooks,
    });
  }

  /** Terminates it once the receiver has had that many, and looks. @returns what the look has found of it */
  async function cut(to: Receiver, { jobId }: JobHandle, arrived: number): Promise<UntoldJob | undefined> {
    const { client, worker } = suite;
    await to.until((now) => now.arrived.length === arrived);
    await terminateJob(client, jobId);
    const { untold } = await findUntold(client, { taskQueue: worker.taskQueue }, () => undefined);
    await lookOnce(client, worker.taskQueue);
    return untold.find((found) => found.jobId === jobId);
  }

  it('has ended as its result says, of which an attempt was begun', async () => {
    const to = await listen((_, count) => (count === 1 ? NEVER : 200));
    const job = await start({ result: `${to.url}/result` });
    const untold = await cut(to, job, 1);
    const [first] = to.arrived;
    expect(untold).to.deep.include({ sequences: { result: 1 } });
    expect(untold).to.have.nested.property('attempts.result.body', first?.text);
    expect(untold).to.have.nested.property('attempts.result.inFlightUntil', untold?.quietAt);
    const told = JSON.parse(first?.text ?? '') as ResultBody;
    expect(told).to.include({ status: 'completed' });
    expect(await job.status()).to.include({ status: 'completed', level: 'info' });
    expect(await job.results()).to.deep.equal(told);
    await to.until(({ received }) => received.length === 1);
    const again = to.received.at(-1);
    expect(again?.text).to.equal(first?.text);
    expect(again?.headers['webhook-id']).to.equal(await expectedId(suite.client, job.jobId, 'result', 'end'));
  });

  it('keeps the numbers and bytes of what it has begun to send', async () => {
    let hangs = true;
    const to = await listen(({ text }) => (hangs && text.includes('"completed"') ? NEVER : 200));
    const job = await start(to.webhooks);
    const isLast = ({ text }: { readonly text: string }): boolean => text.includes('"completed"');
    await until('both are on their way', () => to.arrived.filter(isLast).length === 2);
    hangs = false;
    await cut(to, job, 4);
    await until('both have arrived', () => to.received.filter(isLast).length === 2);
    expect([...new Set(sequencesOf(to.arrivedOn('/progress')))]).to.deep.equal([1, 2, 3]);
    expect([...new Set(sequencesOf(to.arrivedOn('/result')))]).to.deep.equal([1]);
    for (const path of ['/progress', '/result']) {
      const [first, ...again] = to.arrivedOn(path).filter(isLast);
      expect(again.map(({ text }) => text)).to.deep.equal([first?.text]);
      expect(attemptsOf(again)).to.deep.equal([2]);
    }
  });
});
