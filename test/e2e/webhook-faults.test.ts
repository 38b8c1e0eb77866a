import { after, before } from 'mocha';
import { expect } from 'chai';
import type { AttemptError } from '../../src/domain/delivery';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import { verify } from '../../src/webhooks';
import { parseAllowList } from '../../src/webhooks/guard';
import { parseSecrets } from '../../src/webhooks/sign';
import { Authority } from '../support/certificates';
import type { Delivery } from '../support/deliveries';
import { answer, OK } from '../support/behaviours';
import { FAULTS, SHORT_MS } from '../support/faults';
import { NameServer, type NameAnswer } from '../support/name-server';
import { RawReceiver, type RawRequest } from '../support/raw-receiver';
import { useWorker } from '../support/suite';
import {
  deliver,
  ended,
  startWebhookWorker,
  type DeliverOptions,
  type WebhookWorker,
} from '../support/webhook-deliveries';
import { SECRET } from '../support/worker';

// A delivery against every fault: the receiver's own log and the attempt log tell the same (contract §7).

/** The last attempt comes in another second than the first, and so with another signature. */
const SCHEDULE_MS = [0, 0, 1_300];
/** Dozens of deliveries at once on a busy machine: none of them may be slow of itself. */
const PATIENT_MS = 15_000;
const BODY = '{"name":"Zoë"}';
const NAME = 'hooks.example';

interface Case {
  readonly receiver: RawReceiver;
  readonly delivery: Delivery & { readonly id: string };
}

/** What came of each attempt, in a word. */
const told = ({ attempts }: DeliveryRecord) => attempts.map(({ statusCode, error }) => statusCode ?? error);

describe('a delivery', () => {
  const suite = useWorker({ algorithms: {} });
  const authority = Authority.create('an authority');
  const open: RawReceiver[] = [];
  const servers: NameServer[] = [];
  const workers: WebhookWorker[] = [];
  let worker: WebhookWorker;

  before('start a worker for webhooks', async () => {
    worker = await startWorker();
  });
  after('close everything', async function () {
    this.timeout(20_000);
    await Promise.all(open.map((receiver) => receiver.close()));
    await Promise.all(workers.map((one) => one.stop()));
    await Promise.all(servers.map((server) => server.close()));
  });

  async function startWorker(lookup?: NameServer['lookup']): Promise<WebhookWorker> {
    const started = await startWebhookWorker(suite, {
      secrets: parseSecrets(SECRET),
      allow: parseAllowList('127.0.0.0/8, ::1'),
      connectTimeoutMs: SHORT_MS,
      ca: authority.cert,
      ...(lookup && { lookup }),
    });
    workers.push(started);
    return started;
  }

  async function receive(...given: Parameters<typeof RawReceiver.start>): Promise<RawReceiver> {
    const receiver = await RawReceiver.start(...given);
    open.push(receiver);
    return receiver;
  }

  function send(url: string, options: Partial<DeliverOptions> = {}): ReturnType<typeof deliver> {
    return deliver(suite, {
      url,
      taskQueue: worker.taskQueue,
      body: BODY,
      retryScheduleMs: SCHEDULE_MS,
      attemptTimeoutMs: PATIENT_MS,
      ...options,
    });
  }

  describe('that fails twice, and then does not,', () => {
    const cases = new Map<string, Case>();
    // A large request would have to pass through the history.
    const faults = FAULTS.filter(({ body }) => body === undefined);

    before('start them all', async function () {
      this.timeout(60_000);
      await Promise.all(
        faults.map(async ({ what, behaviour, error }) => {
          const receiver = await receive((connection) => (connection <= 2 ? behaviour : OK));
          const attemptTimeoutMs = error === 'timeout' ? SHORT_MS : PATIENT_MS;
          cases.set(what, { receiver, delivery: await send(receiver.url, { attemptTimeoutMs }) });
        }),
      );
    });

    for (const fault of faults) {
      const { what, statusCode, error, early = false } = fault;
      const attempts = error === undefined ? 1 : 3;
      it(`has ${String(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}: ${what}`, async () => {
        const { receiver, delivery } = present(cases.get(what));
        const record = await ended(delivery);
        const last = attempts === 1 ? [] : [{ statusCode: 204 }];
        const outcome = { ...(statusCode !== undefined && { statusCode }), ...(error && { error }) };
        expect(record.attempts.map(withoutTime)).to.deep.equal([
          ...Array<object>(attempts - last.length).fill(outcome),
          ...last,
        ]);
        expect(record).to.include({ state: 'delivered', id: delivery.id });
        expect(receiver.sockets).to.have.length(attempts);
        checkLogs(record, receiver.requests, early ? (fault.error === undefined ? 'some' : 'last') : 'all');
      });
    }
  });

  describe('against a status', () => {
    // Seven attempts where every one is made.
    const retryScheduleMs = Array<number>(7).fill(0);
    const table: [status: number, attempts: number, state: string, reason?: string][] = [
      [200, 1, 'delivered'],
      [201, 1, 'delivered'],
      [299, 1, 'delivered'],
      [300, 5, 'dead', 'exhausted'],
      [301, 5, 'dead', 'exhausted'],
      [304, 5, 'dead', 'exhausted'],
      [308, 5, 'dead', 'exhausted'],
      [400, 5, 'dead', 'exhausted'],
      [401, 5, 'dead', 'exhausted'],
      [404, 5, 'dead', 'exhausted'],
      [408, 7, 'dead', 'exhausted'],
      [410, 1, 'dead', 'gone'],
      [418, 5, 'dead', 'exhausted'],
      [425, 7, 'dead', 'exhausted'],
      [429, 7, 'dead', 'exhausted'],
      [499, 5, 'dead', 'exhausted'],
      [500, 7, 'dead', 'exhausted'],
      [503, 7, 'dead', 'exhausted'],
      [599, 7, 'dead', 'exhausted'],
      [600, 7, 'dead', 'exhausted'],
      [999, 7, 'dead', 'exhausted'],
    ];
    const cases = new Map<number, Case>();

    before('start them all', async function () {
      this.timeout(60_000);
      await Promise.all(
        table.map(async ([status]) => {
          const headers = 'location: http://127.0.0.1:1/\r\nset-cookie: a=b\r\ncontent-length: 0\r\n';
          const receiver = await receive(answer(`HTTP/1.1 ${String(status)} X\r\n${headers}\r\n`));
          cases.set(status, { receiver, delivery: await send(receiver.url, { retryScheduleMs }) });
        }),
      );
    });

    for (const [status, attempts, state, reason] of table) {
      it(`of ${String(status)} is ${reason ?? state} after ${String(attempts)}`, async () => {
        const { receiver, delivery } = present(cases.get(status));
        const record = await ended(delivery);
        expect(record.attempts.map(({ statusCode }) => statusCode)).to.deep.equal(Array(attempts).fill(status));
        expect([record.state, record.reason]).to.deep.equal([state, reason]);
        checkLogs(record, receiver.requests, 'all');
        expect(receiver.requests.filter(({ headers }) => 'cookie' in headers)).to.have.length(0);
      });
    }
  });

  it('outlasts a receiver that is down for several steps', async () => {
    const first = await receive(OK);
    await first.close();
    const delivery = await send(first.url, { retryScheduleMs: [0, 0, 0, 1_300, 1_300, 1_300] });
    await delivery.until('three attempts', ({ attempts }) => attempts.length >= 3);
    const receiver = await receive(OK, { port: first.port });
    const record = await ended(delivery);
    expect(record.state).to.equal('delivered');
    expect(told(record).slice(0, 3)).to.deep.equal(['connect', 'connect', 'connect']);
    expect(told(record).at(-1)).to.equal(204);
    expect(receiver.requests).to.have.length(1);
    checkLogs(record, receiver.requests, 'last');
  });

  it('goes on when a certificate that has expired is renewed', async () => {
    const [expired, renewed] = [authority.issue({ days: [-30, -1] }), authority.issue()];
    const receiver = await receive(OK, { tls: (connection) => (connection <= 2 ? expired : renewed) });
    const record = await ended(await send(receiver.url));
    expect(told(record)).to.deep.equal(['tls', 'tls', 204]);
    expect([receiver.sockets.length, receiver.requests.length]).to.deep.equal([3, 1]);
    checkLogs(record, receiver.requests, 'last');
  });

  const addresses: [string, (lookup: number) => NameAnswer, (AttemptError | number)[]][] = [
    ['finds a name that was not found twice', (n) => (n <= 2 ? 'failure' : ['127.0.0.1']), ['dns', 'dns', 204]],
    ['finds a name whose server was silent', (n) => (n <= 2 ? 'silence' : ['127.0.0.1']), ['timeout', 'timeout', 204]],
    ['follows a name to another address', (n) => [n <= 2 ? '127.0.0.9' : '127.0.0.1'], ['connect', 'connect', 204]],
    ['passes over an IPv6 address that refuses', () => ['::1', '127.0.0.1'], [204]],
    [
      'goes nowhere once a name leads to a blocked address',
      (n) => [n <= 1 ? '127.0.0.9' : '10.0.0.1'],
      ['connect', 'blocked address'],
    ],
  ];
  for (const [what, names, expected] of addresses) {
    it(what, async () => {
      const receiver = await receive(OK);
      const server = await NameServer.start(names);
      servers.push(server);
      const { taskQueue } = await startWorker(server.lookup);
      const record = await ended(await send(receiver.url.replace('127.0.0.1', NAME), { taskQueue }));
      expect(told(record)).to.deep.equal(expected);
      expect(server.count).to.equal(expected.length);
      const delivered = expected.at(-1) === 204;
      expect([record.state, receiver.requests.length]).to.deep.equal(delivered ? ['delivered', 1] : ['dead', 0]);
      if (delivered) checkLogs(record, receiver.requests, 'last');
    });
  }
});

function present(one: Case | undefined): Case {
  if (one === undefined) throw new Error('it was not started');
  return one;
}

function withoutTime({ statusCode, error }: DeliveryRecord['attempts'][number]): object {
  return { ...(statusCode !== undefined && { statusCode }), ...(error !== undefined && { error }) };
}

/**
 * Everything that holds of any delivery: the requests that arrived are the attempts that were recorded, in their time,
 * with one id and the same bytes, and a signature of their own.
 *
 * @param arrived which attempts the receiver has whole requests of
 */
function checkLogs(
  { id, attempts }: DeliveryRecord,
  requests: readonly RawRequest[],
  arrived: 'all' | 'last' | 'some',
): void {
  expect(attempts.map(({ attempt }) => attempt)).to.deep.equal(attempts.map((_, index) => index + 1));
  if (arrived === 'all') expect(requests).to.have.length(attempts.length);
  if (arrived === 'last') expect(requests.at(-1)?.headers['x-pipeline-attempt']).to.equal(String(attempts.length));
  for (const { line, headers, body, at } of requests) {
    expect(line).to.equal('POST /hook HTTP/1.1');
    expect(headers).to.include({ 'webhook-id': id, 'x-pipeline-sequence': '1', 'x-pipeline-event': 'result' });
    expect(body.toString()).to.equal(BODY);
    const number = Number(headers['x-pipeline-attempt']);
    const [startedAt = NaN, nextAt = Infinity] = attempts.slice(number - 1, number + 1).map((attempt) => {
      return Date.parse(attempt.startedAt);
    });
    // What was sent before an attempt failed may be read a little later, and before the next begins.
    expect(at).to.be.at.least(startedAt).and.below(nextAt);
    expect(Number(headers['webhook-timestamp'])).to.be.within(Math.floor(startedAt / 1_000), Math.floor(at / 1_000));
    expect(verify(body, headers, SECRET)).to.deep.equal(JSON.parse(BODY));
  }
  const numbers = requests.map(({ headers }) => Number(headers['x-pipeline-attempt']));
  expect(numbers).to.deep.equal([...new Set(numbers)].sort((one, other) => one - other));
  const signatures = requests.map(({ headers }) => headers['webhook-signature']);
  if (requests.length === 3 && attempts.length === 3) expect(signatures[2]).to.not.equal(signatures[0]);
}
