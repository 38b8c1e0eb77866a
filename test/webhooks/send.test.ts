import { expect } from 'chai';
import { verify } from '../../src/webhooks';
import { parseAllowList } from '../../src/webhooks/guard';
import {
  allClosed,
  CERTIFICATE,
  closedPort,
  closeReceivers,
  httpsReceiver,
  httpReceiver,
  rawReceiver,
  recorder,
} from './receivers';
import { closeSenders, request, SECRET, sender } from './senders';

describe('createSender', () => {
  afterEach(async () => {
    await closeSenders();
    await closeReceivers();
  });

  describe('the request', () => {
    it('is a signed POST of the body with the headers of the contract', async () => {
      const receiver = await recorder();
      const before = Date.now();
      const outcome = await sender().send(request(`${receiver.url}?a=b#c`, { kind: 'result' }));
      expect(outcome).to.include({ statusCode: 200, responseBody: 'thanks' }).and.not.have.property('error');
      expect(new Date(outcome.startedAt).toISOString()).to.equal(outcome.startedAt);
      expect(Date.parse(outcome.startedAt)).to.be.within(before, Date.now());
      expect(outcome.durationMs).to.be.within(0, 2_000);

      const [got] = receiver.received;
      expect(got).to.include({ method: 'POST', url: '/hook?a=b', body: '{"name":"Zoë"}' });
      expect(verify(got?.body ?? '', got?.headers ?? {}, SECRET)).to.deep.equal({ name: 'Zoë' });
      const { 'webhook-timestamp': timestamp, 'webhook-signature': signature, ...rest } = got?.headers ?? {};
      expect(Number(timestamp)).to.be.within(Math.floor(before / 1_000), Date.now() / 1_000);
      expect(signature).to.match(/^v1,\S{44}$/);
      expect(rest).to.deep.equal({
        host: `127.0.0.1:${receiver.port}`,
        connection: 'close',
        'content-type': 'application/json',
        'content-length': '15',
        'accept-encoding': 'identity',
        'user-agent': 'temporal-pipelines',
        'webhook-id': 'msg_1',
        'x-pipeline-event': 'result',
        'x-pipeline-sequence': '3',
        'x-pipeline-attempt': '2',
      });
    });

    it('is unsigned without secrets', async () => {
      const receiver = await recorder();
      await sender({ secrets: [] }).send(request(receiver.url));
      expect(receiver.received[0]?.headers).to.include.keys('webhook-id', 'webhook-timestamp');
      expect(receiver.received[0]?.headers).not.to.have.property('webhook-signature');
    });

    it('carries no cookie of an earlier answer and takes a connection of its own', async () => {
      const seen: unknown[] = [];
      const receiver = await httpReceiver((message, response) => {
        seen.push(message.headers.cookie);
        response.writeHead(200, { 'set-cookie': 'a=b' }).end();
      });
      const one = sender();
      await one.send(request(receiver.url));
      await one.send(request(receiver.url));
      expect(seen).to.deep.equal([undefined, undefined]);
      expect(receiver.sockets).to.have.length(2);
    });

    it('does not use a proxy of the environment', async () => {
      const receiver = await recorder();
      const proxy = `http://127.0.0.1:${await closedPort()}`;
      const variables = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
      const saved = [...variables, 'NODE_USE_ENV_PROXY'].map((name) => [name, process.env[name]] as const);
      for (const name of variables) process.env[name] = proxy;
      process.env['NODE_USE_ENV_PROXY'] = '1';
      try {
        expect(await sender().send(request(receiver.url))).to.include({ statusCode: 200 });
      } finally {
        for (const [name, value] of saved) {
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
      }
    });
  });

  describe('TLS', () => {
    it('refuses a self-signed certificate, and sends nothing', async () => {
      let requests = 0;
      const receiver = await httpsReceiver(() => requests++);
      expect(await sender().send(request(receiver.url))).to.include({ error: 'tls' });
      expect(requests).to.equal(0);
    });

    it('trusts the extra authority, by name and by address', async () => {
      const receiver = await httpsReceiver((_message, response) => response.end('secret'));
      const one = sender({ ca: CERTIFICATE });
      for (const url of [receiver.url, receiver.url.replace('127.0.0.1', 'localhost')]) {
        expect(await one.send(request(url)), url).to.include({ statusCode: 200, responseBody: 'secret' });
      }
    });

    it('refuses a certificate of another name', async () => {
      const receiver = await httpsReceiver((_message, response) => response.end());
      const mapped = receiver.url.replace('127.0.0.1', '[::ffff:127.0.0.1]');
      expect(await sender({ ca: CERTIFICATE }).send(request(mapped))).to.include({ error: 'tls' });
    });

    it('refuses an authority that is not PEM at the start', () => {
      expect(() => sender({ ca: 'hello' })).to.throw();
    });
  });

  describe('the guard', () => {
    it('makes no connection to a blocked address, literal or resolved, and says no more than that', async () => {
      const receiver = await recorder();
      const closed = sender({ allow: parseAllowList('10.0.0.0/8') });
      for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0']) {
        const outcome = await closed.send(request(`http://${host}:${receiver.port}/`));
        expect(outcome, host).to.include({ error: 'blocked address' });
        expect(outcome, host).to.have.all.keys('startedAt', 'durationMs', 'error');
      }
      // A connection that had been made would be seen before this one.
      await sender().send(request(receiver.url));
      expect(receiver.sockets).to.have.length(1);
    });

    it('lets an allowed host through whatever it resolves to', async () => {
      const receiver = await recorder();
      const one = sender({ allow: parseAllowList('localhost') });
      expect(await one.send(request(`http://localhost:${receiver.port}/`))).to.include({ statusCode: 200 });
      expect(await one.send(request(receiver.url))).to.include({ error: 'blocked address' });
    });

    it('refuses credentials and shows none', async () => {
      const receiver = await recorder();
      const outcome = await sender().send(request(receiver.url.replace('//', '//user:hunter2@')));
      expect(outcome).to.include({ error: 'refused url' });
      expect(JSON.stringify(outcome)).not.to.contain('hunter2');
      expect(receiver.sockets).to.have.length(0);
    });
  });

  describe('being ended', () => {
    it('answers unknown when the signal says so, at once', async () => {
      const receiver = await rawReceiver(() => {
        abort.abort();
      });
      const abort = new AbortController();
      const outcome = await sender().send(request(receiver.url), abort.signal);
      expect(outcome).to.include({ error: 'unknown' });
      await allClosed(receiver.sockets);
      expect(await sender().send(request(receiver.url), AbortSignal.abort())).to.include({ error: 'unknown' });
      expect(receiver.sockets).to.have.length(1);
    });

    it('answers unknown for all attempts in flight at close, and for later ones', async () => {
      let reached: () => void = () => undefined;
      const all = new Promise<void>((resolve) => (reached = resolve));
      let requests = 0;
      const receiver = await rawReceiver(() => {
        if (++requests === 20) reached();
      });
      const one = sender({ hostConcurrency: 20 });
      const attempts = Array.from({ length: 20 }, () =>
        one.send({ ...request(receiver.url), kind: 'result' as const }),
      );
      await all;
      await one.close();
      for (const outcome of await Promise.all(attempts)) expect(outcome).to.include({ error: 'unknown' });
      expect(await one.send(request(receiver.url))).to.include({ error: 'unknown' });
      expect(receiver.sockets).to.have.length(20);
    });
  });
});
