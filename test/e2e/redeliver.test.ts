import { expect } from 'chai';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import type { JobSettings } from '../../src/domain/settings';
import { attemptsOf, Delivery } from '../support/deliveries';
import { refusal, useFacade } from '../support/facade';
import type { Answer, Receiver, Reply } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';

// Deliveries that somebody asks for again, by the facade (contract §7, «Redelivery»).

const PREFIX = '/api/v1/webhooks';
const DEAD_AT_ONCE: Partial<JobSettings> = { retryScheduleMs: [0] };

describe('redelivery by the facade', function () {
  this.timeout(60_000);
  const suite = useWorker({ algorithms: { echo: ({ input }) => input[0] } });
  const facade = useFacade(suite, ['echo']);
  const listen = useReceiver();
  const open: Delivery[] = [];

  afterEach('leave no delivery open', async () => {
    await Promise.all(open.splice(0).map(({ handle }) => handle.terminate().catch(() => undefined)));
  });

  interface Sent {
    readonly jobId: string;
    readonly id: string;
    readonly delivery: Delivery;
  }

  /** A job whose result is told to that URL. */
  async function start(url: string, settings: Partial<JobSettings>): Promise<Sent> {
    const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
    const { jobId } = await suite.start({ name: 'again', nodes, webhooks: { result: url } }, settings);
    await suite.client.workflow.getHandle(jobId).result();
    const delivery = new Delivery(suite.client, jobId, 'result');
    open.push(delivery);
    const { id } = await delivery.record();
    return { jobId, id, delivery };
  }

  async function startUntil(
    state: 'pending' | 'delivered' | 'dead',
    url: string,
    settings = DEAD_AT_ONCE,
  ): Promise<Sent> {
    const sent = await start(url, settings);
    if (state === 'delivered') await sent.delivery.ended();
    else await sent.delivery.until(state, (record) => record.state === state && record.attempts.length > 0);
    const status = state === 'delivered' ? 'Completed' : 'Running';
    const query = `WebhookId = '${sent.id}' AND WebhookState = '${state}' AND ExecutionStatus = '${status}'`;
    await untilListed(suite.client, 1, query);
    return sent;
  }

  const redeliver = (body: object): Promise<{ status: number; body: unknown }> =>
    facade.post(`${PREFIX}/redeliver`, body);
  const asked = (redelivering: number) => ({ status: 202, body: { redelivering } });
  const record = async (id: string): Promise<DeliveryRecord> =>
    (await facade.get(`${PREFIX}/deliveries/${id}`)).body as DeliveryRecord;
  const untilTried = (id: string, attempts: number): Promise<DeliveryRecord> =>
    until(`${String(attempts)} attempts of ${id}`, async () => {
      const now = await record(id);
      return now.attempts.length === attempts && now;
    });

  /** Answers the requests from the `first` on only once it is told how. */
  async function listenHeld(first: number, before: number): Promise<{ to: Receiver; answer: (reply: number) => void }> {
    let answer: (reply: number | Reply) => void = () => undefined;
    const reply = new Promise<number | Reply>((resolve) => (answer = resolve));
    const to = await listen((_, count) => (count < first ? before : reply));
    return { to, answer };
  }

  it('delivers what is dead', async () => {
    const to = await listen((_, count) => (count === 1 ? 500 : 200));
    const { id } = await startUntil('dead', `${to.url}/hook`);
    expect(await redeliver({ id })).to.deep.equal(asked(1));
    const { state, attempts } = await untilTried(id, 2);
    expect(state).to.equal('delivered');
    expect(attempts.map(({ attempt, trigger, statusCode }) => [attempt, trigger, statusCode])).to.deep.equal([
      [1, 'auto', 500],
      [2, 'manual', 200],
    ]);
    const [first, second] = to.arrived;
    expect(second?.text).to.equal(first?.text);
    expect(second?.headers['webhook-id']).to.equal(id);
  });

  it('delivers what is pending, and cancels its retry', async () => {
    const to = await listen((_, count) => (count === 1 ? 500 : 200));
    const { id, delivery } = await startUntil('pending', `${to.url}/hook`, { retryScheduleMs: [0, 600_000] });
    expect(await redeliver({ id })).to.deep.equal(asked(1));
    await delivery.ended();
    const now = await record(id);
    expect(now).to.include({ state: 'delivered' });
    expect(now).to.not.have.property('nextAttemptAt');
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2]);
  });

  it('goes on with the same log after the worker was restarted', async () => {
    const to = await listen((_, count) => (count <= 2 ? 500 : 200));
    const { id } = await startUntil('dead', `${to.url}/hook`);
    await redeliver({ id });
    await untilTried(id, 2);
    await suite.restartWorker();
    await redeliver({ id });
    const { state, attempts } = await untilTried(id, 3);
    expect(state).to.equal('delivered');
    expect(attempts.map(({ attempt, trigger }) => [attempt, trigger])).to.deep.equal([
      [1, 'auto'],
      [2, 'manual'],
      [3, 'manual'],
    ]);
  });

  for (const state of ['dead', 'pending', 'delivered'] as const) {
    it(`sends what is ${state} once, where it is pressed again while that is being made`, async () => {
      const { to, answer } = await listenHeld(2, state === 'delivered' ? 200 : 500);
      const settings = state === 'pending' ? { retryScheduleMs: [0, 600_000] } : DEAD_AT_ONCE;
      const { id, delivery } = await startUntil(state, `${to.url}/hook`, settings);
      expect(await redeliver({ id })).to.deep.equal(asked(1));
      await to.until(({ arrived }) => arrived.length === 2);
      expect(await redeliver({ id })).to.deep.equal(asked(1));
      expect(await redeliver({ id })).to.deep.equal(asked(1));
      // Had it been asked twice it would be tried again, as this one fails.
      answer(500);
      const { attempts } = await untilTried(id, 2);
      expect(attempts.at(-1)).to.include({ attempt: 2, trigger: 'manual', statusCode: 500 });
      if (state === 'delivered') await delivery.ended();
      await redeliver({ id });
      await untilTried(id, 3);
      expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    });
  }

  it('sends what was delivered again, and leaves it delivered whatever comes of that', async () => {
    const to = await listen((_, count) => (count === 2 ? 500 : 200));
    const { id, jobId, delivery } = await startUntil('delivered', `${to.url}/hook`);
    const first = await record(id);
    for (const count of [2, 3]) {
      expect(await redeliver({ id })).to.deep.equal(asked(1));
      const now = await untilTried(id, count);
      expect(now).to.deep.include({ state: 'delivered', createdAt: first.createdAt });
      expect(now.attempts.slice(0, 1)).to.deep.equal(first.attempts);
      await delivery.ended();
    }
    expect((await record(id)).attempts.map(({ trigger, statusCode }) => [trigger, statusCode])).to.deep.equal([
      ['auto', 200],
      ['manual', 500],
      ['manual', 200],
    ]);
    expect(attemptsOf(to.arrived)).to.deep.equal([1, 2, 3]);
    expect(new Set(to.arrived.map(({ headers }) => headers['webhook-id']))).to.deep.equal(new Set([id]));
    expect(new Set(to.arrived.map(({ text }) => text))).to.have.property('size', 1);
    // It is listed once, with all of it.
    await untilListed(suite.client, 2, `WorkflowId = '${jobId}/result' AND ExecutionStatus = 'Completed'`);
    for (const query of [`jobId=${jobId}`, `jobId=${jobId}&state=delivered`, `jobId=${jobId}&to=${first.createdAt}`]) {
      const { body } = await facade.get(`${PREFIX}/deliveries?${query}`);
      expect(body).to.deep.equal({ hits: [await record(id)] });
    }
  });

  it('goes on with what was ended from outside', async () => {
    const to = await listen((_, count) => (count === 1 ? 500 : 200));
    const { id, jobId, delivery } = await startUntil('pending', `${to.url}/hook`, { retryScheduleMs: [0, 600_000] });
    await delivery.handle.terminate();
    expect(await redeliver({ id })).to.deep.equal(asked(1));
    expect(await untilTried(id, 2)).to.include({ state: 'delivered' });
    await delivery.ended();
    await untilListed(suite.client, 1, `WorkflowId = '${jobId}/result' AND WebhookState = 'delivered'`);
    const { body } = await facade.get(`${PREFIX}/deliveries?jobId=${jobId}`);
    expect(body).to.deep.equal({ hits: [await record(id)] });
  });

  it('is possible until the retention has passed', async () => {
    const to = await listen();
    const { id, jobId } = await startUntil('delivered', `${to.url}/hook`, { deliveryRetentionMs: 1 });
    expect(await redeliver({ id })).to.deep.equal(refusal(400, `the retention of delivery ${id} has passed`));
    expect(await redeliver({ jobId, state: 'delivered' })).to.deep.equal(asked(0));
    expect(to.arrived).to.have.length(1);
  });

  describe('in bulk', () => {
    /** Which of three dead ones are sent again: to one URL, to another, and a later one to the first. */
    async function sceneOf(answer: Answer): Promise<{ to: Receiver; sent: Sent[]; again: () => Promise<number[]> }> {
      const to = await listen(answer);
      const sent: Sent[] = [];
      for (const path of ['/one', '/two', '/one']) sent.push(await startUntil('dead', to.url + path));
      return {
        to,
        sent,
        again: async () => {
          const states = await Promise.all(sent.map(async ({ id }) => (await record(id)).state));
          return states.flatMap((state, index) => (state === 'delivered' ? [index] : []));
        },
      };
    }

    const cases: [string, number[], (scene: { url: string; sent: Sent[]; times: string[] }) => object][] = [
      ['a job', [1], ({ sent }) => ({ jobId: sent[1]?.jobId })],
      ['a URL', [0, 2], ({ url }) => ({ url: `${url}/one` })],
      ['a URL and a state', [0, 2], ({ url }) => ({ url: `${url}/one`, state: 'pending,dead' })],
      ['a URL and a state in which none is', [], ({ url }) => ({ url: `${url}/one`, state: 'delivered' })],
      ['a URL and a beginning', [2], ({ url, times }) => ({ url: `${url}/one`, from: times[1] })],
      ['a URL and an end', [0], ({ url, times }) => ({ url: `${url}/one`, to: Date.parse(times[1] ?? '') })],
      ['a time window', [1], ({ times }) => ({ from: times[1], to: times[1], state: 'dead' })],
    ];
    for (const [name, expected, bodyOf] of cases) {
      it(`by ${name}`, async () => {
        let isDown = true;
        const { to, sent, again } = await sceneOf(() => (isDown ? 500 : 200));
        isDown = false;
        const times = await Promise.all(sent.map(async ({ id }) => (await record(id)).createdAt));
        expect(await redeliver(bodyOf({ url: to.url, sent, times }))).to.deep.equal(asked(expected.length));
        await to.until(({ arrived }) => arrived.length === 3 + expected.length);
        await until('they are delivered', async () => (await again()).length === expected.length);
        expect(await again()).to.deep.equal(expected);
      });
    }

    it('reaches a receiver with ten a second at the most, each once though it is pressed twice', async () => {
      let isDown = true;
      const to = await listen(() => (isDown ? 500 : 200));
      const url = `${to.url}/hook`;
      const sent = await Promise.all(Array.from({ length: 25 }, () => startUntil('dead', url)));
      isDown = false;
      expect(await redeliver({ url })).to.deep.equal(asked(25));
      await redeliver({ url });
      await to.until(({ arrived }) => arrived.length === 50);
      const at = to.arrived.slice(25).map((request) => request.at);
      const from = Math.min(...at);
      // Temporal's timers are about a second exact; all at once they would take far less than that.
      expect(at.filter((time) => time < from + 900)).to.have.length.at.most(20);
      expect(Math.max(...at) - from).to.be.above(1_500);
      await Promise.all(sent.map(({ delivery }) => delivery.ended()));
      expect(to.arrived).to.have.length(50);
    });
  });

  describe('refuses', () => {
    for (const [what, body, code, message] of [
      ['nothing', {}, 400, "data should have required property 'id'"],
      ['an id that is not there', { id: 'msg_0' }, 404, 'delivery msg_0 Not Found'],
      ['an id with other criteria', { id: 'msg_0', state: 'dead' }, 400, "data should NOT have both 'id' and 'state'"],
      ['what it does not know', { reason: 'gone' }, 400, 'data should NOT have additional properties (reason)'],
    ] as const) {
      it(what, async () => {
        expect(await redeliver(body)).to.deep.equal(refusal(code, message));
      });
    }
  });
});
