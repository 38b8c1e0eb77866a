import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { parseAllowList } from '../../../src/webhooks/guard';
import { BlackHole } from '../../support/black-hole';
import { OK } from '../../support/behaviours';
import { SHORT_MS } from '../../support/faults';
import { NameServer, type NameAnswer } from '../../support/name-server';
import { RawReceiver } from '../../support/raw-receiver';
import { closedPort, closeReceivers } from '../receivers';
import { closeSenders, request, sender } from '../senders';

// Before there is a connection: names, addresses, and the two families of them.

const SPARE_MS = 500;
const NAME = 'hooks.example';

/** Breaks every connection at once. */
const BREAKER = `
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}).resetAndDestroy());
  server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));
`;

describe('one attempt to connect', () => {
  const cleanups: (() => Promise<void>)[] = [];

  afterEach(async () => {
    await closeSenders();
    await closeReceivers();
    for (const clean of cleanups.splice(0)) await clean();
  });

  async function receive(host?: string, port?: number): Promise<RawReceiver> {
    const receiver = await RawReceiver.start(OK, { ...(host && { host }), ...(port !== undefined && { port }) });
    cleanups.push(() => receiver.close());
    return receiver;
  }

  async function blackHole(host?: string, port?: number): Promise<BlackHole> {
    const hole = await BlackHole.open(host, port);
    cleanups.push(() => hole.close());
    return hole;
  }

  async function names(answer: (lookup: number) => NameAnswer): Promise<NameServer> {
    const server = await NameServer.start(answer);
    cleanups.push(() => server.close());
    return server;
  }

  const at = (port: number) => `http://${NAME}:${String(port)}/hook`;

  it('that nobody listens for is a connect failure at once', async () => {
    const outcome = await sender().send(request(`http://127.0.0.1:${String(await closedPort())}/`));
    expect(outcome).to.include({ error: 'connect' });
    expect(outcome.durationMs).to.be.below(SPARE_MS);
  });

  for (const [what, limits, phase] of [
    ['connect timeout', { connectTimeoutMs: SHORT_MS }, {}],
    ['deadline', { connectTimeoutMs: 60_000 }, { deadlineMs: SHORT_MS }],
  ] as const) {
    it(`that falls into a black hole is a timeout at the ${what}`, async () => {
      const { port } = await blackHole();
      const url = `http://127.0.0.1:${String(port)}/`;
      const { error, durationMs } = await sender(limits).send(request(url, phase));
      expect(error).to.equal('timeout');
      expect(durationMs).to.be.within(SHORT_MS - 10, SHORT_MS + SPARE_MS);
    });

    it(`whose name server is silent is a timeout at the ${what}`, async () => {
      const { lookup } = await names(() => 'silence');
      const { error, durationMs } = await sender({ ...limits, lookup }).send(request(at(80), phase));
      expect(error).to.equal('timeout');
      expect(durationMs).to.be.within(SHORT_MS - 10, SHORT_MS + SPARE_MS);
    });
  }

  for (const answer of ['not found', 'failure', []] as const) {
    it(`whose name server answers ${typeof answer === 'string' ? answer : 'no address'} is a dns failure`, async () => {
      const { lookup } = await names(() => answer);
      expect(await sender({ lookup }).send(request(at(80)))).to.include({ error: 'dns' });
    });
  }

  it('that is broken as soon as it is there is a reset, and never taken for a blocked address', async function () {
    this.timeout(20_000);
    // In a thread of its own it is quick enough to break one before its peer can be asked for.
    const thread = new Worker(BREAKER, { eval: true, execArgv: [] });
    cleanups.push(async () => {
      await thread.terminate();
    });
    const [port] = (await once(thread, 'message')) as [number];
    const one = sender();
    for (let round = 0; round < 60; round++) {
      const attempts = Array.from({ length: 8 }, () => one.send(request(`http://127.0.0.1:${String(port)}/`)));
      for (const { error } of await Promise.all(attempts)) expect(error).to.equal('reset');
    }
  });

  it('asks the name server once, each time', async () => {
    const { port } = await receive();
    const server = await names(() => ['127.0.0.1']);
    const one = sender({ lookup: server.lookup });
    for (const attempt of [1, 2, 3]) {
      expect(await one.send(request(at(port), { attempt }))).to.include({ statusCode: 204 });
      expect(server.count).to.equal(attempt);
    }
  });

  it('finds a name again that was not found before', async () => {
    const { port } = await receive();
    const { lookup } = await names((count) => (count === 1 ? 'failure' : ['127.0.0.1']));
    const one = sender({ lookup });
    expect(await one.send(request(at(port)))).to.include({ error: 'dns' });
    expect(await one.send(request(at(port)))).to.include({ statusCode: 204 });
  });

  it('goes where the name leads now', async () => {
    const first = await receive('127.0.0.1');
    const second = await receive('127.0.0.2', first.port);
    const { lookup } = await names((count) => [count === 1 ? '127.0.0.1' : '127.0.0.2']);
    const one = sender({ lookup });
    for (let attempt = 1; attempt <= 2; attempt++) await one.send(request(at(first.port)));
    expect([first.requests.length, second.requests.length]).to.deep.equal([1, 1]);
  });

  it('passes over an IPv6 address that refuses', async () => {
    const { port } = await receive('127.0.0.1');
    const { lookup } = await names(() => ['::1', '127.0.0.1']);
    const outcome = await sender({ lookup }).send(request(at(port)));
    expect(outcome).to.include({ statusCode: 204 });
    expect(outcome.durationMs).to.be.below(SPARE_MS);
  });

  it('passes over an IPv6 address that swallows everything, within the connect timeout', async () => {
    const { port } = await receive('127.0.0.1');
    await blackHole('::1', port);
    const { lookup } = await names(() => ['::1', '127.0.0.1']);
    const outcome = await sender({ lookup, connectTimeoutMs: 900 }).send(request(at(port)));
    expect(outcome).to.include({ statusCode: 204 });
    expect(outcome.durationMs).to.be.below(900);
  });

  it('reaches a receiver that is on IPv6 only', async () => {
    const { port, requests } = await receive('::1');
    const { lookup } = await names(() => ['::1', '127.0.0.1']);
    expect(await sender({ lookup }).send(request(at(port)))).to.include({ statusCode: 204 });
    expect(requests[0]?.headers['host']).to.equal(`${NAME}:${String(port)}`);
  });

  it('goes nowhere where one of several addresses is blocked', async () => {
    const { port, sockets } = await receive();
    const { lookup } = await names(() => ['127.0.0.1', '127.0.0.2']);
    const one = sender({ lookup, allow: parseAllowList('127.0.0.1') });
    expect(await one.send(request(at(port)))).to.include({ error: 'blocked address' });
    expect(sockets).to.have.length(0);
  });
});
