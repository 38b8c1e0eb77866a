import { expect } from 'chai';
import type { DeliveryRecord, DeliveryState } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import { Delivery } from '../support/deliveries';
import { refusal, useFacade } from '../support/facade';
import { Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';

// What the facade tells of deliveries (contract §8): which there are, in order and in pages, and one with all its attempts.

const PATH = '/api/v1/webhooks/deliveries';
const DAY = 86_400_000;

const SETTINGS: Record<DeliveryState, Partial<JobSettings>> = {
  pending: { retryScheduleMs: [0, DAY] },
  delivered: {},
  dead: { retryScheduleMs: [0] },
};

interface Page {
  readonly hits: DeliveryRecord[];
  readonly cursor?: string;
}

describe('deliveries by the facade', function () {
  this.timeout(60_000);
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const facade = useFacade(suite, ['echo']);
  const listen = useReceiver();

  /** @returns the job's id once its result's delivery is in that state */
  async function deliver(state: DeliveryState, url: string, settings = SETTINGS[state]): Promise<string> {
    const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
    const { jobId } = await suite.start({ name: state, nodes, webhooks: { result: url } }, settings);
    await suite.client.workflow.getHandle(jobId).result();
    const delivery = new Delivery(suite.client, jobId, 'result');
    if (state === 'delivered') await delivery.ended();
    else await delivery.until(state, (record) => record.state === state && record.attempts.length > 0);
    return jobId;
  }

  async function list(query: Record<string, string>): Promise<Page> {
    const { status, body } = await facade.get(`${PATH}?${new URLSearchParams(query).toString()}`);
    expect(status, JSON.stringify(body)).to.equal(200);
    return body as Page;
  }

  async function jobsOf(query: Record<string, string>): Promise<string[]> {
    return (await list({ limit: '100', ...query })).hits.map(({ jobId }) => jobId);
  }

  describe('that are thirty', () => {
    let to: Receiver;
    let url: string;
    /** In the order in which they are to be told. */
    let expected: string[];
    const byState: Record<DeliveryState, string[]> = { pending: [], delivered: [], dead: [] };

    before(async () => {
      to = await Receiver.start(({ text }) => (text.includes('"pipeline":"delivered"') ? 200 : 500));
      url = `${to.url}/hook`;
      // The pending ones beside the others, which end in turns.
      const waiting = (async () => {
        for (let count = 0; count < 10; count++) byState.pending.unshift(await deliver('pending', url));
      })();
      for (let round = 0; round < 10; round++) {
        for (const state of ['dead', 'delivered'] as const) byState[state].unshift(await deliver(state, url));
      }
      await waiting;
      const ended = byState.delivered.flatMap((jobId, index) => [jobId, byState.dead[index] ?? '']);
      expected = [...byState.pending, ...ended];
      await untilListed(suite.client, 30, `WebhookUrl = '${url}'`);
      await untilListed(suite.client, 10, `WebhookUrl = '${url}' AND ExecutionStatus = 'Completed'`);
      await untilListed(suite.client, 10, `WebhookUrl = '${url}' AND WebhookState = 'dead'`);
    });

    after(async () => {
      await Promise.all(
        [...byState.pending, ...byState.dead].map((jobId) =>
          new Delivery(suite.client, jobId, 'result').handle.terminate(),
        ),
      );
      await to.close();
    });

    it('are told with those waiting first, then by end, newest first', async () => {
      expect(await jobsOf({ url })).to.deep.equal(expected);
    });

    it('are told in pages, twenty at first', async () => {
      const first = await list({ url });
      expect(first.hits).to.have.length(20);
      const rest = await list({ url, cursor: first.cursor ?? '' });
      expect(rest).to.not.have.property('cursor');
      expect([...first.hits, ...rest.hits].map(({ jobId }) => jobId)).to.deep.equal(expected);
    });

    for (const limit of [1, 7, 10, 15, 30]) {
      it(`are told in pages of ${String(limit)}, none twice and none missing`, async () => {
        const pages: string[][] = [];
        let cursor: string | undefined;
        do {
          const page = await list({ url, limit: String(limit), ...(cursor !== undefined && { cursor }) });
          pages.push(page.hits.map(({ jobId }) => jobId));
          ({ cursor } = page);
        } while (cursor !== undefined);
        expect(pages.flat()).to.deep.equal(expected);
        expect(pages).to.have.length(Math.ceil(30 / limit));
      });
    }

    it('go on behind the page, though others have ended meanwhile', async () => {
      const first = await list({ url, limit: '15' });
      const late = await deliver('delivered', url);
      await untilListed(suite.client, 11, `WebhookUrl = '${url}' AND ExecutionStatus = 'Completed'`);
      const rest = await list({ url, limit: '100', cursor: first.cursor ?? '' });
      expect(rest.hits.map(({ jobId }) => jobId)).to.deep.equal(expected.slice(15));
      expected.splice(10, 0, late);
      byState.delivered.unshift(late);
      expect(await jobsOf({ url })).to.deep.equal(expected);
    });

    it('are found by their states', async () => {
      for (const state of ['pending', 'delivered', 'dead'] as const) {
        const { hits } = await list({ url, state, limit: '100' });
        expect(hits.map(({ jobId }) => jobId)).to.deep.equal(byState[state]);
        expect(new Set(hits.map((hit) => hit.state))).to.deep.equal(new Set([state]));
      }
      expect(await jobsOf({ url, state: 'dead,pending' })).to.deep.equal([...byState.pending, ...byState.dead]);
    });

    it('are found by their job', async () => {
      const [jobId = ''] = byState.dead;
      const { hits } = await list({ jobId });
      expect(hits.map(({ kind, state }) => [kind, state])).to.deep.equal([['result', 'dead']]);
      expect(await jobsOf({ jobId, state: 'delivered' })).to.deep.equal([]);
      expect(await jobsOf({ jobId: `${jobId}'` })).to.deep.equal([]);
    });

    it('are found by their URL, all of it', async () => {
      expect(await jobsOf({ url: `${to.url}/other` })).to.deep.equal([]);
      const long = `${to.url}/${'x'.repeat(300)}`;
      const [one, other] = [await deliver('dead', `${long}1`), await deliver('dead', `${long}2`)];
      await untilListed(suite.client, 2, `WebhookUrl STARTS_WITH '${to.url}/x' AND WebhookState = 'dead'`);
      expect(await jobsOf({ url: `${long}1` })).to.deep.equal([one]);
      await Promise.all([one, other].map((id) => new Delivery(suite.client, id, 'result').handle.terminate()));
    });

    it('are found by the time of their creation', async () => {
      const { hits } = await list({ url, state: 'delivered', limit: '100' });
      const [newest, second, third] = hits.map(({ createdAt }) => createdAt);
      const window = { url, state: 'delivered', from: third ?? '', to: second ?? '' };
      expect(await jobsOf(window)).to.deep.equal(byState.delivered.slice(1, 3));
      expect(await jobsOf({ ...window, to: newest ?? '' })).to.deep.equal(byState.delivered.slice(0, 3));
    });

    it('are each told by their id as in the list', async () => {
      const { hits } = await list({ url, limit: '100' });
      for (const state of ['pending', 'delivered', 'dead']) {
        const hit = hits.find((one) => one.state === state);
        expect(await facade.get(`${PATH}/${hit?.id ?? ''}`)).to.deep.equal({ status: 200, body: hit });
      }
    });

    it('are told though there is no worker', async () => {
      const told = await list({ url, limit: '100' });
      await suite.worker.stop();
      const before = Date.now();
      expect(await list({ url, limit: '100' })).to.deep.equal(told);
      for (const state of ['pending', 'delivered', 'dead']) {
        const hit = told.hits.find((one) => one.state === state);
        expect((await facade.get(`${PATH}/${hit?.id ?? ''}`)).body).to.deep.equal(hit);
      }
      expect(Date.now() - before).to.be.below(5_000);
      await suite.restartWorker();
      expect(await list({ url, limit: '100' })).to.deep.equal(told);
    });
  });

  it('tell every attempt, in each state', async () => {
    const to = await listen((_, count) => ({ status: count < 3 ? 503 : 200, body: `answer ${String(count)}` }));
    const url = `${to.url}/hook`;
    const before = Date.now();
    const jobId = await deliver('pending', url, { retryScheduleMs: [0, 1_500, 3_000] });
    const id = String(to.arrived[0]?.headers['webhook-id']);
    const pending = await until('it is found', async () => {
      const { status, body } = await facade.get(`${PATH}/${id}`);
      return status === 200 && (body as DeliveryRecord);
    });
    const common = { id, jobId, kind: 'result', url, sequence: 1, createdAt: pending.createdAt };
    expect(Date.parse(pending.createdAt)).to.be.within(before, Date.now());
    expect(pending).to.deep.include({ ...common, state: 'pending' });
    expect(Date.parse(pending.nextAttemptAt ?? '')).to.be.above(before);
    // The schedule goes on with another worker.
    await suite.restartWorker();
    await new Delivery(suite.client, jobId, 'result').ended();
    const { body } = await facade.get(`${PATH}/${id}`);
    const { attempts } = body as DeliveryRecord;
    expect(body).to.deep.equal({ ...common, state: 'delivered', attempts });
    expect(
      attempts.map(({ startedAt, durationMs, ...rest }) => {
        expect(Date.parse(startedAt)).to.be.within(before, Date.now());
        expect(durationMs).to.be.within(0, 15_000);
        return rest;
      }),
    ).to.deep.equal([
      { attempt: 1, trigger: 'auto', statusCode: 503, error: 'status', responseBody: 'answer 1' },
      { attempt: 2, trigger: 'auto', statusCode: 503, error: 'status', responseBody: 'answer 2' },
      { attempt: 3, trigger: 'auto', statusCode: 200, responseBody: 'answer 3' },
    ]);
    expect(to.arrived.map(({ headers }) => headers['webhook-id'])).to.deep.equal([id, id, id]);
  });

  it('tell of one that was ended from outside that it is dead', async () => {
    const to = await listen(() => 500);
    const jobId = await deliver('pending', `${to.url}/hook`);
    await new Delivery(suite.client, jobId, 'result').handle.terminate();
    await untilListed(suite.client, 1, `WorkflowId = '${jobId}/result' AND ExecutionStatus = 'Terminated'`);
    const { hits } = await list({ jobId, state: 'dead' });
    expect(hits).to.have.length(1);
    expect(hits[0]).to.include({ state: 'dead', reason: 'terminated' });
    expect(hits[0]).to.not.have.property('nextAttemptAt');
    expect(hits[0]?.attempts).to.have.length(1);
    expect(await jobsOf({ jobId, state: 'pending' })).to.deep.equal([]);
  });

  it('are found by times of any year', async () => {
    const to = await listen();
    const jobId = await deliver('delivered', `${to.url}/hook`);
    await untilListed(suite.client, 1, `WorkflowId = '${jobId}' AND WebhookState = 'delivered'`);
    expect(await jobsOf({ jobId, from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999Z' })).to.deep.equal([
      jobId,
    ]);
    expect(await jobsOf({ jobId, from: '9999-12-31T23:59:59.999Z' })).to.deep.equal([]);
    const cursorOf = (at: number): string => Buffer.from(JSON.stringify([false, at, ''])).toString('base64url');
    expect(await jobsOf({ jobId, cursor: cursorOf(8.63e15) })).to.deep.equal([jobId]);
    expect(await jobsOf({ jobId, cursor: cursorOf(-8.63e15) })).to.deep.equal([]);
    const redeliver = (body: object) => facade.post('/api/v1/webhooks/redeliver', body);
    expect(await redeliver({ jobId, from: 0, to: 8.64e15 })).to.deep.equal({ status: 202, body: { redelivering: 0 } });
  });

  describe('refuse', () => {
    it('what is not there', async () => {
      expect(await facade.get(`${PATH}/msg_0`)).to.deep.equal(refusal(404, 'delivery msg_0 Not Found'));
      expect(await facade.get(`${PATH}/msg_%00`)).to.deep.equal(refusal(404, 'delivery msg_\0 Not Found'));
      expect(await facade.get(`${PATH}/it's%5C`)).to.deep.equal(refusal(404, "delivery it's\\ Not Found"));
    });

    for (const [query, message] of [
      [
        'state=lost',
        'data.state should be one of the allowed values (pending,delivered,dead), or several with commas between',
      ],
      ['limit=0', 'data.limit should be >= 1'],
      ['limit=101', 'data.limit should be <= 100'],
      ['from=yesterday', 'data.from should match format "date-time"'],
      ['to=2016-12-31T23:59:60Z', 'data.to should match format "date-time"'],
      ['url=receiver', 'data.url should match format "url"'],
      ['cursor=abc', 'data.cursor should be the cursor of an earlier answer'],
      ['cursor=WzEsMiwzXQ', 'data.cursor should be the cursor of an earlier answer'],
    ] as const) {
      it(query, async () => {
        expect(await facade.get(`${PATH}?${query}`)).to.deep.equal(refusal(400, message));
      });
    }
  });
});
